"use server";

import { cookies } from "next/headers";
import { redirect } from "next/navigation";
import { z } from "zod";
import { createCtx, nobody } from "@/lib/platform/context";
import { setLocale } from "@/lib/platform/i18n/actions";
import { locales } from "@/lib/platform/i18n/locale";
import { changePassword } from "./change-password";
import { createUser } from "./create-user";
import { endOwnSession } from "./end-own-session";
import { listUsers } from "./queries";
import { passwordChangeCtx } from "./request";
import { resetPassword } from "./reset-password";
import { restoreUser } from "./restore-user";
import {
  changePasswordSchema,
  createUserSchema,
  endSessionSchema,
  listUsersSchema,
  setRolesSchema,
  setUpSchema,
  updateUserSchema,
  userIdSchema,
} from "./schema";
import { sessionCookie } from "./session-token";
import { setOwnLocale } from "./set-own-locale";
import { setRoles } from "./set-roles";
import { completeSetUp } from "./set-up";
import { signOut } from "./sign-out";
import { suspendUser } from "./suspend-user";
import { updateUser } from "./update-user";
import { userAction } from "./user-action";

export const changePasswordAction = userAction(changePasswordSchema, changePassword, passwordChangeCtx);
export const endSessionAction = userAction(endSessionSchema, endOwnSession);
export const createUserAction = userAction(createUserSchema, createUser);
export const updateUserAction = userAction(updateUserSchema, updateUser);
export const setRolesAction = userAction(setRolesSchema, setRoles);
export const suspendUserAction = userAction(userIdSchema, suspendUser);
export const restoreUserAction = userAction(userIdSchema, restoreUser);
export const resetPasswordAction = userAction(userIdSchema, resetPassword);
export const moreUsersAction = userAction(listUsersSchema, listUsers);
export const completeSetUpAction = userAction(setUpSchema, completeSetUp, async () => createCtx(nobody));

const localeSchema = z.object({ locale: z.enum(locales) });

export const setOwnLocaleAction = userAction(localeSchema, async ({ ctx, input }) => {
  await setOwnLocale({ ctx, input });
  await setLocale(input.locale);
});

const endAndLeave = userAction(
  z.undefined(),
  async ({ ctx }) => {
    await signOut({ ctx });
    const { name, options } = sessionCookie();
    (await cookies()).set(name, "", { ...options, maxAge: 0 });
    redirect("/sign-in");
  },
  passwordChangeCtx,
);

/** Signs out and goes to the sign-in page; the form's action of every sign-out button. */
export async function signOutAction(): Promise<void> {
  const result = await endAndLeave(undefined);
  if (!result.ok) throw new Error(result.error.message);
}

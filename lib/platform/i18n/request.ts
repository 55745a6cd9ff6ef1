import "server-only";
import { cookies, headers } from "next/headers";
import { getRequestConfig } from "next-intl/server";
import { systemClock } from "../clock";
import { env } from "../env";
import { chooseLocale, localeCookie } from "./locale";
import { messages } from "./messages";

export default getRequestConfig(async () => {
  const locale = chooseLocale(
    (await cookies()).get(localeCookie)?.value,
    (await headers()).get("accept-language"),
  );
  return {
    locale,
    messages: messages[locale],
    timeZone: env().TIME_ZONE,
    now: systemClock.now(),
  };
});

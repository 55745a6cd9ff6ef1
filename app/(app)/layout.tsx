import {
  Boxes,
  CircleUser,
  Cloud,
  Coins,
  FlaskConical,
  GraduationCap,
  ListChecks,
  MonitorPlay,
  Server,
  Users,
} from "lucide-react";
import { cookies } from "next/headers";
import { getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { Frame } from "@/components/frame/frame";
import { collapsedCookie, type NavGroup, type NavItem } from "@/components/frame/navigation";
import { pageUser } from "@/lib/accounts";
import { setOwnLocaleAction, signOutAction } from "@/lib/accounts/actions";
import { ownWarnings } from "@/lib/attempts";
import { WarningsBar } from "@/lib/attempts/components/warnings-bar";
import { isStaff } from "@/lib/courses";
import { chooseTheme, themeCookie } from "@/lib/platform/theme";
import { setTheme } from "@/lib/platform/theme-actions";

async function setLocale(locale: string): Promise<void> {
  "use server";
  if (locale === "zh-CN" || locale === "en") await setOwnLocaleAction({ locale });
}

/** The frame of a signed-in person. Pages check rights themselves; here only what is worth showing. */
export default async function AppLayout({ children }: { children: ReactNode }) {
  const { actor, ...ctx } = await pageUser();
  const [t, jar, staff, warnings] = await Promise.all([
    getTranslations("frame"),
    cookies(),
    isStaff({ ...ctx, actor }),
    actor.permissions.has("attempt.own") ? ownWarnings({ ctx: { ...ctx, actor } }) : [],
  ]);
  const { permissions, roles } = actor;

  const item = (shown: boolean, href: string, key: string, icon: ReactNode): NavItem[] =>
    shown ? [{ href, label: t(key), icon }] : [];
  const learns = roles.includes("student") || (permissions.has("attempt.own") && !staff);
  const all: NavGroup[] = [
    {
      key: "learn",
      label: t("groupLearn"),
      items: item(learns, "/experiments", "experiments", <FlaskConical aria-hidden="true" />),
    },
    {
      key: "teach",
      label: t("groupTeach"),
      items: [
        ...item(staff, "/teach/courses", "courses", <GraduationCap aria-hidden="true" />).map((place) => ({
          ...place,
          also: "/teach/experiments",
        })),
        ...item(staff, "/teach/classes", "classes", <Users aria-hidden="true" />),
        ...item(
          permissions.has("template.edit"),
          "/teach/templates",
          "templates",
          <Boxes aria-hidden="true" />,
        ),
      ],
    },
    {
      key: "admin",
      label: t("groupAdmin"),
      items: [
        ...item(permissions.has("user.manage"), "/admin/users", "users", <CircleUser aria-hidden="true" />),
        ...item(permissions.has("host.manage"), "/admin/hosts", "hosts", <Server aria-hidden="true" />),
        ...item(permissions.has("host.manage"), "/admin/clouds", "clouds", <Cloud aria-hidden="true" />),
        ...item(permissions.has("host.manage"), "/admin/costs", "costs", <Coins aria-hidden="true" />),
        ...item(
          permissions.has("workspace.any"),
          "/admin/workspaces",
          "workspaces",
          <MonitorPlay aria-hidden="true" />,
        ),
        ...item(permissions.has("job.view"), "/admin/jobs", "jobs", <ListChecks aria-hidden="true" />),
      ],
    },
  ];
  const groups = all.filter((group) => group.items.length > 0);
  return (
    <Frame
      groups={groups}
      person={{ name: actor.name, detail: roles.map((role) => t(`roles.${role}`)).join(" · ") }}
      accountHref="/account"
      signOut={signOutAction}
      homeHref="/"
      collapsed={jar.get(collapsedCookie)?.value === "collapsed"}
      theme={chooseTheme(jar.get(themeCookie)?.value)}
      setLocale={setLocale}
      setTheme={setTheme}
    >
      {learns ? (
        <div className="[&>section>div]:mb-3 [&>section>div]:rounded-md [&>section>div]:border-b-0">
          <WarningsBar first={warnings} />
        </div>
      ) : null}
      {children}
    </Frame>
  );
}

import { redirect } from "next/navigation";
import { pageUser } from "@/lib/accounts";

/** The start page is where a person's day begins: who teaches goes before who administers. */
export default async function HomePage(): Promise<never> {
  const { roles } = (await pageUser()).actor;
  if (roles.includes("teacher")) redirect("/teach/courses");
  if (roles.includes("admin") || roles.includes("superadmin")) redirect("/admin/workspaces");
  if (roles.includes("assistant") && !roles.includes("student")) redirect("/teach/courses");
  redirect("/experiments");
}

import { redirect } from "next/navigation";
import { pageUser } from "@/lib/accounts";

/** Who shortens the address lands on the list. */
export default async function TeachPage() {
  await pageUser();
  redirect("/teach/courses");
}

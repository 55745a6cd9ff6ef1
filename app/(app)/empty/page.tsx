import { notFound } from "next/navigation";
import { pageUser } from "@/lib/accounts";
import { env } from "@/lib/platform/env";

/** What a signed-in page costs before anything is on it: the peer of `./labyard bench api`. */
export default async function Empty() {
  if (!env().BENCH) notFound();
  await pageUser();
  return <h1>Empty</h1>;
}

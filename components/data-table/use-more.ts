import type { SubmitResult } from "../form/form";
import { useAction } from "../form/use-action";
import type { DataTableProps } from "./columns";

type Refused = Extract<SubmitResult, { ok: false }>;
type Answer<Row> = { ok: true; data: { rows: Row[]; next: string | null } } | Refused;

/** Keyset paging of a table by a server action. A refusal is said, and may be tried again. */
export function useMore<Row>(
  next: string | null,
  ask: (cursor: string) => Promise<Answer<Row>>,
): NonNullable<DataTableProps<Row>["more"]> {
  const { run } = useAction(ask);
  return {
    cursor: next,
    load: async (cursor) => {
      const answer = await run(cursor);
      return answer ? { rows: answer.data.rows, cursor: answer.data.next } : { rows: [], cursor };
    },
  };
}

import { useFormatter } from "next-intl";
import { useCallback } from "react";
import { yuanOf } from "../yuan";

/** Writes micro-yuan as people read them: `¥12.34`. */
export function useYuan(): (micro: number) => string {
  const format = useFormatter();
  return useCallback(
    (micro) =>
      format.number(yuanOf(micro), { style: "currency", currency: "CNY", currencyDisplay: "narrowSymbol" }),
    [format],
  );
}

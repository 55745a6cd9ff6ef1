import { useFormatter } from "next-intl";
import { useCallback } from "react";
import { yuanOf } from "../yuan";

/**
 * Writes micro-yuan as people read them: `¥12.34`. Prices of an hour are often less than a jiao: those below a yuan
 * have up to four decimals.
 */
export function useYuan(of: "amount" | "price" = "amount"): (micro: number) => string {
  const format = useFormatter();
  return useCallback(
    (micro) => {
      const isFine = of === "price" && Math.abs(micro) < 1_000_000;
      return format.number(isFine ? micro / 1_000_000 : yuanOf(micro), {
        style: "currency",
        currency: "CNY",
        currencyDisplay: "narrowSymbol",
        maximumFractionDigits: isFine ? 4 : 2,
      });
    },
    [format, of],
  );
}

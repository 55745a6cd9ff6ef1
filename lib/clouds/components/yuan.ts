import { useFormatter } from "next-intl";

/** Micro-yuan as people read them: two decimals, and up to four where less than a jiao would be lost. */
export function useYuan(): (microYuan: number) => string {
  const format = useFormatter();
  return (microYuan) => {
    const yuan = microYuan / 1_000_000;
    const fine = Math.abs(yuan) < 1 && yuan !== 0;
    return format.number(yuan, {
      style: "currency",
      currency: "CNY",
      currencyDisplay: "narrowSymbol",
      minimumFractionDigits: 2,
      maximumFractionDigits: fine ? 4 : 2,
    });
  };
}

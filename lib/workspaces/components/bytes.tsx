import { useFormatter } from "next-intl";

const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** Writes a size as people read it: `1.2 MB`. */
export function useBytes(): (value: number) => string {
  const format = useFormatter();
  return (value) => {
    const step = value < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log(value) / Math.log(1024)));
    const amount = value / 1024 ** step;
    return step === 0
      ? `${value} B`
      : format.number(amount, {
          style: "unit",
          unit: units[step],
          maximumFractionDigits: amount >= 100 ? 0 : 1,
        });
  };
}

/** A size as people read it: `1.2 MB`. */
export function Bytes({ value, className }: { value: number; className?: string }) {
  return <span className={className ?? "tabular whitespace-nowrap"}>{useBytes()(value)}</span>;
}

import type { ReactNode } from "react";
import { cn } from "../ui/class-names";
import { linePath, niceTop } from "./scale";

type Tone = "ok" | "danger" | "neutral" | "accent" | "warn";
const fills: Record<Tone, string> = {
  ok: "fill-ok",
  danger: "fill-danger",
  neutral: "fill-edge",
  accent: "fill-accent",
  warn: "fill-warn",
};
const strokes: Record<Tone, string> = {
  ok: "stroke-ok",
  danger: "stroke-danger",
  neutral: "stroke-edge",
  accent: "stroke-accent",
  warn: "stroke-warn",
};
const swatches: Record<Tone, string> = {
  ok: "bg-ok",
  danger: "bg-danger",
  neutral: "bg-edge",
  accent: "bg-accent",
  warn: "bg-warn",
};

type Series = { key: string; label: string; tone: Tone; values: readonly (number | null)[] };

export type ChartProps = {
  /** What is drawn, in words: also the name for screen readers. */
  title: string;
  series: readonly Series[];
  /** A name for every place on the x axis; as many as values. */
  places: readonly string[];
  /** How a value is written. */
  format: (value: number) => string;
  /** The words “as a table” and the head of its first column. */
  tableLabel: string;
  placeLabel: string;
  /** Shown in place of the chart when there is nothing to draw. */
  empty: ReactNode;
};

const width = 600;
const height = 120;

/** Stacked bars from zero: how many, of which kinds. Drawn on the server, without a script. */
export function BarChart(props: ChartProps) {
  const { series, places, format } = props;
  const sums = places.map((_, place) => series.reduce((sum, one) => sum + (one.values[place] ?? 0), 0));
  const top = niceTop(Math.max(0, ...sums));
  const step = width / Math.max(1, places.length);
  const gap = step > 4 ? 1 : 0;
  return (
    <Frame {...props} top={top} nothing={sums.every((sum) => sum === 0)}>
      {places.map((name, place) => {
        let below = 0;
        const told = series.map((one) => `${one.label} ${format(one.values[place] ?? 0)}`).join(" · ");
        return (
          <g key={name}>
            <title>{`${name}: ${told}`}</title>
            <rect x={place * step} y={0} width={step} height={height} className="fill-transparent" />
            {series.map((one) => {
              const tall = ((one.values[place] ?? 0) / top) * height;
              below += tall;
              return tall === 0 ? null : (
                <rect
                  key={one.key}
                  x={place * step + gap / 2}
                  y={height - below}
                  width={step - gap}
                  height={tall}
                  className={fills[one.tone]}
                />
              );
            })}
          </g>
        );
      })}
    </Frame>
  );
}

/** Lines from zero: how long. A gap is a time in which nothing was measured. */
export function LineChart(props: ChartProps) {
  const { series, places, format } = props;
  const all = series.flatMap((one) => one.values.filter((value) => value !== null));
  const top = niceTop(Math.max(0, ...all));
  const step = width / Math.max(1, places.length);
  return (
    <Frame {...props} top={top} nothing={all.length === 0}>
      {series.map((one) => (
        <path
          key={one.key}
          d={linePath(one.values, top, width, height)}
          className={cn("fill-none", strokes[one.tone])}
          strokeWidth={2}
          strokeLinecap="round"
          vectorEffect="non-scaling-stroke"
        />
      ))}
      {places.map((name, place) => (
        <g key={name}>
          <title>
            {`${name}: ${series.map((one) => `${one.label} ${valueText(one.values[place] ?? null, format)}`).join(" · ")}`}
          </title>
          <rect x={place * step} y={0} width={step} height={height} className="fill-transparent" />
        </g>
      ))}
    </Frame>
  );
}

const valueText = (value: number | null, format: (value: number) => string) =>
  value === null ? "—" : format(value);

function Frame({
  title,
  series,
  places,
  format,
  tableLabel,
  placeLabel,
  empty,
  top,
  nothing,
  children,
}: ChartProps & { top: number; nothing: boolean; children: ReactNode }) {
  if (nothing) return <div className="py-6 text-center text-muted text-sm">{empty}</div>;
  return (
    <figure className="flex min-w-0 flex-col gap-1">
      <ul className="flex flex-wrap gap-x-4 gap-y-1 text-sm">
        {series.map((one) => (
          <li key={one.key} className="inline-flex items-center gap-1.5">
            <span aria-hidden="true" className={cn("size-2.5 rounded-sm", swatches[one.tone])} />
            {one.label}
          </li>
        ))}
      </ul>
      <div className="grid grid-cols-[max-content_1fr] gap-x-2 text-muted text-xs">
        <div className="tabular flex flex-col justify-between text-right" aria-hidden="true">
          <span>{format(top)}</span>
          <span>{format(0)}</span>
        </div>
        <svg
          role="img"
          aria-label={title}
          viewBox={`0 0 ${width} ${height}`}
          preserveAspectRatio="none"
          className="h-32 w-full border-border border-y"
        >
          {children}
        </svg>
        <span />
        <div className="tabular flex justify-between" aria-hidden="true">
          <span>{places[0]}</span>
          <span>{places.at(-1)}</span>
        </div>
      </div>
      <details className="text-sm">
        <summary className="w-fit cursor-pointer rounded-sm text-muted hover:text-text">{tableLabel}</summary>
        <section
          aria-label={title}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a long table must be scrollable by keyboard
          tabIndex={0}
          className="mt-1 max-h-64 overflow-auto rounded-md border border-border"
        >
          <table className="w-full">
            <thead>
              <tr>
                <th scope="col" className="sticky top-0 bg-raised px-3 py-1 text-left font-medium text-muted">
                  {placeLabel}
                </th>
                {series.map((one) => (
                  <th
                    key={one.key}
                    scope="col"
                    className="sticky top-0 bg-raised px-3 py-1 text-right font-medium text-muted"
                  >
                    {one.label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {places.map((name, place) => (
                <tr key={name} className="border-border border-t">
                  <th scope="row" className="tabular px-3 py-1 text-left font-normal">
                    {name}
                  </th>
                  {series.map((one) => (
                    <td key={one.key} className="tabular px-3 py-1 text-right">
                      {valueText(one.values[place] ?? null, format)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </details>
    </figure>
  );
}

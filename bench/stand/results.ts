/** One line of a bench: ours beside a peer in the same run, and what was hoped for. */
type Result = {
  bench: string;
  unit: string;
  ours: number;
  peer: number | null;
  /** ours / peer; null where there is no peer. */
  ratio: number | null;
  /** Of the ratio where there is a peer, else of `ours`: `<=1.10`. */
  goal: string | null;
  met: boolean | null;
};

type Measured = { bench: string; unit: string; ours: number; peer?: number; goal?: string };

const round = (value: number): number => Number(value.toPrecision(4));

function judged({ bench, unit, ours, peer, goal }: Measured): Result {
  const ratio = peer === undefined ? null : ours / peer;
  return {
    bench,
    unit,
    ours: round(ours),
    peer: peer === undefined ? null : round(peer),
    ratio: ratio === null ? null : round(ratio),
    goal: goal ?? null,
    met: goal === undefined ? null : meets(ratio ?? ours, goal),
  };
}

function meets(value: number, goal: string): boolean {
  const [, operator, limit] = /^(<=|>=|<)([\d.]+)$/.exec(goal) ?? [];
  if (!operator) throw new Error(`no such goal: ${goal}`);
  return operator === "<="
    ? value <= Number(limit)
    : operator === "<"
      ? value < Number(limit)
      : value >= Number(limit);
}

/** The table for people, and as the last line one JSON array for machines. */
export function report(measured: Measured[]): void {
  const results = measured.map(judged);
  console.table(results);
  console.log(JSON.stringify(results));
}

/** The middle of the values, or of the two in the middle. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Linear between the neighbours. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  return low + ((sorted[Math.ceil(at)] ?? low) - low) * (at - Math.floor(at));
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

export const say = (text: string): void => console.log(`${new Date().toISOString().slice(11, 19)}  ${text}`);

import type { Contender } from "./contender.ts";

export type BenchId = "B1" | "B2" | "B3" | "B4" | "B5" | "B6" | "B7" | "B8" | "B9" | "B10" | "B11" | "B13" | "B14" | "B15";

/** One line of the result: ours, the peer's in the same run, and what must hold. */
export interface Row {
  readonly bench: BenchId;
  readonly what: string;
  readonly unit: string;
  readonly ours: number;
  /** Absent where there is nothing to compare with. */
  readonly peer?: { readonly name: string; readonly value: number };
  /** Of the ratio ours / peer, or of our value itself. Absent for what is only told. */
  readonly must?: { readonly of: "ratio" | "value"; readonly atLeast?: number; readonly atMost?: number };
}

export interface BenchOptions {
  readonly rounds: number;
  readonly seconds: number;
  say(text: string): void;
}

export interface Bench {
  readonly id: BenchId;
  readonly title: string;
  run(options: BenchOptions): Promise<readonly Row[]>;
}

export type ContenderFactory = () => Promise<Contender>;

export function ratio(row: Row): number | undefined {
  return row.peer === undefined ? undefined : row.ours / row.peer.value;
}

/** Undefined where nothing must hold. */
export function holds(row: Row): boolean | undefined {
  if (row.must === undefined) return undefined;
  const value = row.must.of === "ratio" ? ratio(row) : row.ours;
  if (value === undefined || Number.isNaN(value)) return false;
  return value >= (row.must.atLeast ?? Number.NEGATIVE_INFINITY) && value <= (row.must.atMost ?? Number.POSITIVE_INFINITY);
}

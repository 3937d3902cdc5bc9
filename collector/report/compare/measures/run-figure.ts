import type { MeasureId } from "../comparison.ts";

/** What one run says of a measure. */
export interface RunFigure {
  readonly id: MeasureId;
  /** Which process, endpoint, cache or cohort; "" = the run. */
  readonly of: string;
  /** NaN where it is a word. */
  readonly value: number;
  readonly word?: string;
}

export function figure(id: MeasureId, of: string, value: number | undefined): readonly RunFigure[] {
  return value === undefined || !Number.isFinite(value) ? [] : [{ id, of, value }];
}

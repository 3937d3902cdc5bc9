import { POINT_ROW } from "../wire/scan-metric-rows.ts";
import type { MetricColumns } from "../wire/scan-metrics.ts";

/** 10 min: a time further ahead is not the time. */
export const MAX_BELIEVED_AHEAD_MS = 600_000;

/** When a point was made, Unix ns: now, where it says nothing or nothing that can be believed. */
export function pointTimeNs({ points: { words } }: MetricColumns, point: number, nowMs: number): number {
  const base = point * POINT_ROW.stride;
  const sentNs = (words[base + POINT_ROW.timeHigh] as number) * 0x1_0000_0000 + (words[base + POINT_ROW.timeLow] as number);
  return sentNs === 0 || sentNs > (nowMs + MAX_BELIEVED_AHEAD_MS) * 1e6 ? nowMs * 1e6 : sentNs;
}

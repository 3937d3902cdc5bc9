import type { ReportChart } from "../report-schema.ts";

/** Colours by hop are the same in the strip, the bars and the charts: `s0` … `s4`. */
export const HOP_COLORS: Readonly<Record<string, number>> = { client: 0, network: 1, proxy: 2, application: 3, store: 4 };
/** Where series have no hop of their own; orange first, so that failures do not look like the client. */
const OTHERS = [1, 0, 5, 3, 2, 6, 7, 4];

/** Number of the colour of a series: its hop's where the hops differ, else one after the other. */
export function seriesColor({ series }: ReportChart, index: number): number {
  const hops = series.filter(({ style }) => style === "solid").map(({ hop }) => hop);
  const isByHop = new Set(hops).size === hops.length && hops.every((hop) => hop !== null);
  const one = series[index];
  if (one?.hop !== null && one !== undefined && isByHop) return HOP_COLORS[one.hop] ?? 0;
  return OTHERS[index % OTHERS.length] as number;
}

/** Classes of the stylesheet: colour and kind of line. */
export function seriesClass(chart: ReportChart, index: number): string {
  return `s${seriesColor(chart, index)} ${chart.series[index]?.style ?? "solid"} n${index}`;
}

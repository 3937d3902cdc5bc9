import { formatCount, formatMs, formatRatio } from "../format-number.ts";
import { printedCautions, quantileName } from "../printed-text.ts";
import type { ReportEndpoint, ReportPrinted, RunReport } from "../report-schema.ts";
import { quantile } from "./hop-strip.ts";
import { type Html, html, NOTHING } from "./html.ts";
import { hopKey, wideTable } from "./sections.ts";

const BY_WORDS: Readonly<Record<string, string>> = {
  route: "the server's route",
  rule: "a rule of the configuration",
  name: "the script's name tag",
  joined: "requests with one trace id",
  matched: "a path that fits a known route",
  template: "ids recognised by their form",
  none: "nothing",
};

/** What each hop saw of each endpoint, the calls of the store, and what generators printed themselves. */
export function endpointSection({ endpoints, operations, printed }: RunReport): Html {
  if (endpoints.length + operations.length + printed.length === 0) return NOTHING;
  const table = (label: string, views: readonly ReportEndpoint[], what: string) => {
    if (views.length === 0) return NOTHING;
    const isTimed = views.some(hasQuantiles);
    const head = [what, "seen at", "requests", "failed", "share", ...(isTimed ? ["p50", "p95", "p99", "max"] : [])];
    return wideTable(
      label,
      head,
      views.flatMap((view) => endpointRows(view, isTimed)),
      head.map((_, index) => index).slice(2),
    );
  };
  const lead = endpoints.some(hasQuantiles) ? "Times are of requests that succeeded, as each hop measures them." : "";
  return html`<section id="endpoints"><h2>Endpoints</h2>${lead === "" ? NOTHING : html`<p class="lead">${lead}</p>`}${table("Endpoints by hop", endpoints, "endpoint")}${tooFewNote(endpoints)}
${operations.length === 0 ? NOTHING : html`<h3>Calls of the store</h3>${table("Calls of the store", operations, "call")}`}${printedTables(printed)}</section>`;
}

function hasQuantiles({ streams }: ReportEndpoint): boolean {
  return streams.some(({ latency }) => latency !== null);
}

/** How many requests it takes, for the quantiles that are not stated. */
function tooFewNote(endpoints: readonly ReportEndpoint[]): Html {
  const needed = new Map<string, number>();
  for (const { streams } of endpoints) {
    for (const { latency } of streams) {
      for (const name of ["p50", "p95", "p99"] as const) if (latency?.[name].ms === null) needed.set(name, latency[name].needed);
    }
  }
  if (needed.size === 0) return NOTHING;
  const words = [...needed].map(([name, count]) => `${name} takes ${formatCount(count)} requests`);
  return html`<p class="note">Too few: ${words.join(", ")}, else its value is chance.</p>`;
}

function endpointRows({ endpoint, by, names, streams }: ReportEndpoint, isTimed: boolean): readonly Html[] {
  // A name that is the endpoint without its method says nothing new.
  const others = names.filter((name) => name !== "" && name !== endpoint && !endpoint.endsWith(` ${name}`));
  const also = others.length === 0 ? NOTHING : html`<span class="quiet">also ${others.join(", ")}: one by ${BY_WORDS[by] ?? by}</span>`;
  return streams.map(({ hop, requests, failed, failedRatio, latency, isUnsure }, index) => {
    const title = html`<th scope="rowgroup" rowspan="${streams.length}">${endpoint || "all"}${also}</th>`;
    const figures = latency === null ? [0, 1, 2].map(() => html`\u2013`) : [latency.p50, latency.p95, latency.p99].map(quantile);
    return html`<tr${index === 0 ? html` class="first"` : NOTHING}>${index === 0 ? title : NOTHING}<td>${hopKey(hop)}${isUnsure ? html` <span class="quiet">by spans</span>` : NOTHING}</td><td class="num">${formatCount(requests)}</td><td class="num${failed > 0 ? " bad" : ""}">${failed > 0 ? `\u2717 ${formatCount(failed)}` : "0"}</td><td class="num">${formatRatio(failedRatio)}</td>${isTimed ? [...figures, html`${formatMs(latency?.maxMs)}`].map((figure) => html`<td class="num">${figure}</td>`) : NOTHING}</tr>`;
  });
}

/** One table per generator: its quantiles are its own. */
function printedTables(printed: readonly ReportPrinted[]): readonly Html[] {
  return [...Map.groupBy(printed, ({ witness }) => witness)].map(([witness, rows]) => {
    const quantiles = [...new Set(rows.flatMap((row) => row.quantiles.map(({ q }) => q)))].sort((a, b) => a - b);
    const cautions = [...new Set(rows.flatMap(printedCautions))];
    const figure = (row: ReportPrinted, q: number) => formatMs(row.quantiles.find((one) => one.q === q)?.ms);
    const lines = rows.map(
      (row) =>
        html`<tr><th scope="row">${row.endpoint || "all"}</th><td class="num">${row.requests === null ? "\u2013" : formatCount(row.requests)}</td><td class="num">${formatMs(row.meanMs)}</td>${quantiles.map((q) => html`<td class="num">${figure(row, q)}</td>`)}<td class="num">${formatMs(row.maxMs)}</td></tr>`,
    );
    const head = ["endpoint", "requests", "mean", ...quantiles.map(quantileName), "max"];
    const numeric = head.map((_, index) => index).slice(1);
    return html`<h3>As ${witness} prints it</h3><p class="note">${[...cautions, "worked out by the generator: it cannot be checked here, and is not merged with anything"].join("; ")}.</p>${wideTable(`Latencies as ${witness} prints them`, head, lines, numeric)}`;
  });
}

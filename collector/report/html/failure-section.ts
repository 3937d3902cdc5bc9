import { ERROR_WORDS } from "../error-words.ts";
import { formatCount } from "../format-number.ts";
import type { ReportFailure, RunReport } from "../report-schema.ts";
import { type Html, html, NOTHING } from "./html.ts";
import { wideTable } from "./sections.ts";
import { HOP_COLORS } from "./series-class.ts";

/** Failures by kind and endpoint, the hops side by side: where one counts and its neighbour does not, there they were lost. */
export function failureSection({ failures, hops, endpoints }: RunReport): Html {
  if (failures.length === 0) return NOTHING;
  const seen = hops.filter(({ stream, hop }) => stream !== null && hop !== "store").map(({ hop }) => hop);
  const columns = [...seen, ...(failures.some(({ hop }) => hop === "store") ? (["store"] as const) : [])];
  const groups = [...Map.groupBy(failures, ({ kind, endpoint }) => `${kind}\n${endpoint}`).values()];
  const most = Math.max(1, ...failures.map(({ requests }) => requests));
  const isWritten = failures.some(({ samples }) => samples.length > 0);
  const rows = groups.map((group) => failureRow(group, { columns, most, endpoints, isWritten }));
  const head = ["kind", "", "endpoint", ...columns, ...(isWritten ? ["as written"] : [])];
  const numeric = columns.map((_, index) => index + 3);
  return html`<section id="failures"><h2>Failures</h2>${columns.length < 2 ? NOTHING : html`<p class="lead">The same failure as each hop counts it: where one counts it and the next one does not, it arose between them.</p>`}${wideTable(
    "Failures by kind",
    head,
    rows,
    numeric,
  )}</section>`;
}

interface Layout {
  readonly columns: readonly string[];
  readonly most: number;
  readonly endpoints: RunReport["endpoints"];
  readonly isWritten: boolean;
}

function failureRow(group: readonly ReportFailure[], { columns, most, endpoints, isWritten }: Layout): Html {
  const [first] = group;
  if (first === undefined) return NOTHING;
  const streams = endpoints.find(({ endpoint }) => endpoint === first.endpoint)?.streams ?? [];
  const counts = columns.map((hop) => {
    const found = group.find((one) => one.hop === hop);
    if (found !== undefined) return html`<td class="num bad">${formatCount(found.requests)}</td>`;
    return html`<td class="num quiet">${streams.some((stream) => stream.hop === hop) ? "0" : "\u2013"}</td>`;
  });
  const samples = [...new Set(group.flatMap((one) => one.samples))].slice(0, 3);
  const width = Math.max(1, Math.round((100 * first.requests) / most));
  return html`<tr><th scope="row">${ERROR_WORDS[first.kind] ?? first.kind}</th><td class="share"><i class="fill s${HOP_COLORS[first.hop] ?? 0}" style="width:${width}%"></i></td><td>${first.endpoint || "all"}</td>${counts}${isWritten ? html`<td>${samples.map((sample) => html`<code class="sample">${sample}</code>`)}</td>` : NOTHING}</tr>`;
}

import { createHash } from "node:crypto";
import type { Run } from "../../model/run.ts";
import { API } from "./routes.ts";

const STYLE = `:root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}body{margin:2rem auto;max-width:64rem;padding:0 1rem}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .8rem .4rem 0;border-bottom:1px solid color-mix(in srgb,currentColor 20%,transparent);vertical-align:top}td{overflow-wrap:anywhere}`;

/** No script, no other file, no form. */
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`;

/** The page at `/`: the runs, newest first, with links to their reports. */
export function renderRunsPage(runs: readonly Run[], version: string): string {
  const rows = runs.map(rowOf).join("\n");
  const table =
    runs.length === 0
      ? "<p>No run has been recorded yet. <code>pitwall run --name first -- k6 run script.js</code> records one.</p>"
      : `<table>\n<thead><tr><th scope="col">Run</th><th scope="col">Name</th><th scope="col">State</th><th scope="col">Began</th><th scope="col">Lasted</th><th scope="col">Labels</th><th scope="col">As</th></tr></thead>\n<tbody>\n${rows}\n</tbody>\n</table>`;
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Load runs - Pitwall</title><style>${STYLE}</style></head>
<body>
<main>
<h1>Load runs</h1>
${table}
<p>Pitwall ${escapeHtml(version)} &middot; <a href="${API}/openapi.json">API</a></p>
</main>
</body>
</html>
`;
}

function rowOf(run: Run): string {
  const base = `${API}/runs/${encodeURIComponent(run.id)}`;
  const labels = Object.entries(run.labels).map(([key, value]) => `${key}=${value}`);
  const began = new Date(run.startUnixMs).toISOString();
  const cells = [
    `<a href="${base}/report.html">${escapeHtml(run.id)}</a>`,
    escapeHtml(run.name),
    run.state,
    `<time datetime="${began}">${began.slice(0, 19).replace("T", " ")} UTC</time>`,
    run.endUnixMs === undefined ? "" : `${Math.round((run.endUnixMs - run.startUnixMs) / 1000)} s`,
    escapeHtml(labels.join(" ")),
    `<a href="${base}/report.md">md</a> <a href="${base}/report.json">json</a> <a href="${base}/ledger">ledger</a>`,
  ];
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

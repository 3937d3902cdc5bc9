import { ATTRIBUTES, type CatalogMetric, type CatalogSource, METRICS } from "../collector/model/catalog.ts";

/** The text of docs/metrics.md, made from the catalogue. */
export function renderMetrics(): string {
  const metrics: readonly CatalogMetric[] = Object.values(METRICS);
  return `# Metrics and attributes

Made from \`collector/model/catalog.ts\` by \`npm run gen\`; do not edit.

What a server sends that carries \`pitwall/instrument\` (loadtest/instrument), and what dashboards, alerts and diagnosis read.
A server in another language that sends these names is served just as well.

## Metrics

Prometheus names are those of the translation strategies \`UnderscoreEscapingWithSuffixes\` (default) and \`UnderscoreEscapingWithoutSuffixes\`;
histograms add \`_bucket\`, \`_sum\` and \`_count\`.

${table(
  ["OpenTelemetry name", "Unit", "Instrument", "Hop", "Attributes", "Prometheus name", "without suffixes", "From", "Meaning"],
  metrics.map((metric) => [
    code(metric.name),
    code(metric.unit),
    metric.instrument,
    metric.hop,
    metric.attributes.map(code).join(", "),
    code(metric.prometheus.suffixed),
    code(metric.prometheus.plain),
    SOURCES[metric.source],
    metric.description,
  ]),
)}

Bucket bounds of the histograms:

${metrics
  .filter(({ boundaries }) => boundaries !== undefined)
  .map(({ name, unit, boundaries }) => `- ${code(name)} (${unit}): ${boundaries?.join(", ")}`)
  .join("\n")}

## Attributes

${table(
  ["Name", "Type", "On", "Prometheus label", "From", "Meaning"],
  ATTRIBUTES.map(({ name, type, on, label, source, description }) => [code(name), type, on.join(", "), code(label), SOURCES[source], description]),
)}
`;
}

const SOURCES: Readonly<Record<CatalogSource, string>> = {
  genarrative: "the users' server",
  semconv: "semantic conventions",
  kit: "the kit",
};

function code(text: string): string {
  return `\`${text}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

import { ATTRIBUTES, type CatalogMetric, type CatalogSource, METRICS } from "../collector/model/catalog.ts";
import { HOST_ATTRIBUTES, HOST_METRICS, type HostMetric } from "../collector/model/catalog-host.ts";
import { CLIENT_METRICS, K6_METRICS, K6_OTHER_METRICS, RUN_ATTRIBUTES, RUN_METRICS, SPAN_METRICS } from "../collector/model/catalog-run.ts";
import { SELF_METRICS } from "../collector/model/catalog-self.ts";

/** Which panels and alerts read a metric, by its Prometheus family name with suffixes. */
export interface MetricReaders {
  panels(family: string): readonly string[];
  alerts(family: string): readonly string[];
}

/** The text of docs/metrics.md, made from the catalogue. */
export function renderMetrics(readers: MetricReaders): string {
  const metrics: readonly CatalogMetric[] = Object.values(METRICS);
  const runMetrics = [RUN_METRICS, CLIENT_METRICS, K6_METRICS, K6_OTHER_METRICS, SPAN_METRICS].flatMap((part) => Object.values<CatalogMetric>(part));
  const readBy = (family: string) => [readers.panels(family).join("; "), readers.alerts(family).join(", ")];
  const catalogTable = (rows: readonly (CatalogMetric | HostMetric)[]) =>
    table(
      ["OpenTelemetry name", "Unit", "Instrument", "Hop", "Attributes", "Prometheus name", "without suffixes", "From", "Meaning", "Panel", "Alert"],
      rows.map((metric) => [
        code(metric.name),
        metric.unit === "" ? "" : code(metric.unit),
        metric.instrument,
        metric.hop,
        metric.attributes.map(code).join(", "),
        code(metric.prometheus.suffixed),
        code(metric.prometheus.plain),
        SOURCES[metric.source],
        metric.description,
        ...readBy(metric.prometheus.suffixed),
      ]),
    );
  return `# Metrics and attributes

Made from \`collector/model/catalog*.ts\`, \`dashboards/\` and \`collector/alerts/\` by \`npm run gen\`; do not edit.

Panels are named by their dashboard (\`dashboards/json\`), alerts by their rule (\`docs/runbooks\`).

## Metrics of a server

What a server sends that carries \`pitwall/instrument\` (loadtest/instrument), and what dashboards, alerts and diagnosis read.
A server in another language that sends these names is served just as well.

Prometheus names are those of the translation strategies \`UnderscoreEscapingWithSuffixes\` (default) and \`UnderscoreEscapingWithoutSuffixes\`;
histograms add \`_bucket\`, \`_sum\` and \`_count\`.

${catalogTable(metrics)}

Bucket bounds of the histograms:

${metrics
  .filter(({ boundaries }) => boundaries !== undefined)
  .map(({ name, unit, boundaries }) => `- ${code(name)} (${unit}): ${boundaries?.join(", ")}`)
  .join("\n")}

## Metrics of a run, its load generator, and spans

What a load run says about itself, what generators count, and what the connector \`spanmetrics\` makes of spans.

The receiver \`k6\` follows k6's own output files (\`--out json\`, \`--out csv\`): requests become CLIENT spans, everything else metrics under k6's names, of
which those that every script has are below; metrics of the script's own come through as well. The receiver \`nginx\` sends SERVER spans and no metrics.

${catalogTable(runMetrics)}

## Metrics of the machine

What the receiver \`host\` samples on Linux. Counters are those of the kernel, since the system or the process began. What the kernel does not tell is left out.

${catalogTable(Object.values(HOST_METRICS))}

## Metrics of the collector itself

On the page of \`service.telemetry.metrics\`, under these names whatever the strategy. The page has more; these are the ones that
panels and alerts read, and those of receivers that read files.

${table(
  ["Name", "Instrument", "Labels", "Meaning", "Panel", "Alert"],
  Object.values(SELF_METRICS).map(({ name, instrument, labels, description }) => [
    code(name),
    instrument,
    labels.map(code).join(", "),
    description,
    ...readBy(name),
  ]),
)}

## Attributes

${table(
  ["Name", "Type", "On", "Prometheus label", "From", "Meaning"],
  [...ATTRIBUTES, ...RUN_ATTRIBUTES, ...HOST_ATTRIBUTES].map(({ name, type, on, label, source, description }) => [
    code(name),
    type,
    on.join(", "),
    code(label),
    SOURCES[source],
    description,
  ]),
)}
`;
}

const SOURCES: Readonly<Record<CatalogSource, string>> = {
  genarrative: "the users' server",
  semconv: "semantic conventions",
  kit: "the kit",
  run: "a load run",
  driver: "our driver",
  k6: "k6",
  spanmetrics: "connector spanmetrics",
  host: "receiver host",
};

function code(text: string): string {
  return `\`${text}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

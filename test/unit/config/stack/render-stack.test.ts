import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { renderStack } from "../../../../config/stack/render-stack.ts";
import { DEFAULT_STACK, type StackOptions } from "../../../../config/stack/stack-options.ts";
import { DASHBOARD_PROVIDERS_SCHEMA, DATASOURCES_SCHEMA } from "./grafana-schemas.ts";

const VARIANTS: readonly Partial<StackOptions>[] = [
  {},
  { network: "bridge" },
  { webhookUrl: "http://127.0.0.1:8080/alerts", tempoUrl: "http://localhost:3200", scrapeTarget: "10.0.0.5:9464", selfTarget: undefined },
  { network: "bridge", webhookUrl: "http://127.0.0.1:8080/alerts", tempoUrl: "http://localhost:3200" },
  { ports: { prometheus: 19090, alertmanager: 19093, grafana: 13000 } },
];

interface Compose {
  readonly services: Readonly<
    Record<
      string,
      {
        readonly image: string;
        readonly network_mode?: string;
        readonly ports?: readonly string[];
        readonly command?: readonly string[];
        readonly environment?: Record<string, string>;
      }
    >
  >;
}

function stack(options: Partial<StackOptions>): Readonly<Record<string, string>> {
  const files = renderStack({ ...DEFAULT_STACK, ...options }, { rules: "groups: []\n", dashboardsFolder: "./dashboards" });
  return Object.fromEntries(files.map(({ path, text }) => [path, text]));
}

test.each(VARIANTS)("Grafana's provisioning files keep to its schemas: %j", (variant) => {
  const files = stack(variant);
  const ajv = new Ajv({ allErrors: true, allowUnionTypes: true });
  for (const [path, schema] of [
    ["stack/grafana/provisioning/datasources/pitwall.yaml", DATASOURCES_SCHEMA],
    ["stack/grafana/provisioning/dashboards/pitwall.yaml", DASHBOARD_PROVIDERS_SCHEMA],
  ] as const) {
    const validate = ajv.compile(schema);
    expect({ path, isValid: validate(parse(files[path] as string)), errors: validate.errors }).toEqual({ path, isValid: true, errors: null });
  }
});

test.each(VARIANTS)("every image is pinned and nothing listens beyond the loopback: %j", (variant) => {
  const { services } = parse(stack(variant)["compose.yaml"] as string) as Compose;
  expect(Object.keys(services)).toEqual(["prometheus", "alertmanager", "grafana"]);
  for (const { image, network_mode, ports = [], command = [], environment = {} } of Object.values(services)) {
    expect(image).toMatch(/:v?\d+\.\d+\.\d+$/);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    const listens = [...command.filter((flag) => flag.startsWith("--web.listen-address=")), environment["GF_SERVER_HTTP_ADDR"] ?? ""].join(" ");
    if (network_mode === "host") expect(listens).toMatch(/127\.0\.0\.1/);
    else expect(ports).toHaveLength(1);
  }
});

test("behind a bridge the machine's own programs are reached as host.docker.internal, others as they are called", () => {
  const files = stack({ network: "bridge", webhookUrl: "http://127.0.0.1:8080/alerts", tempoUrl: "http://tempo.example:3200" });
  expect(files["stack/prometheus.yml"]).toContain("host.docker.internal:9464");
  expect(files["stack/prometheus.yml"]).toContain("alertmanager:9093");
  expect(files["stack/alertmanager.yml"]).toContain("http://host.docker.internal:8080/alerts");
  expect(files["stack/grafana/provisioning/datasources/pitwall.yaml"]).toContain("http://tempo.example:3200");
  expect(stack({ network: "host" })["stack/prometheus.yml"]).toContain("127.0.0.1:9464");
});

test("without a webhook the file says that nobody is told", () => {
  expect(stack({})["stack/alertmanager.yml"]).toContain("Nobody is told yet");
  expect(stack({ webhookUrl: "http://127.0.0.1:8080" })["stack/alertmanager.yml"]).not.toContain("Nobody is told yet");
});

test("exemplars become links where there is a Tempo", () => {
  const path = "stack/grafana/provisioning/datasources/pitwall.yaml";
  expect(stack({ tempoUrl: "http://127.0.0.1:3200" })[path]).toContain("exemplarTraceIdDestinations");
  expect(stack({})[path]).not.toContain("exemplarTraceIdDestinations");
});

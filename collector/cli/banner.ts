import type { CollectorConfig } from "../pipeline/collector-config.ts";
import { formatHostPort, parseHostPort } from "../pipeline/settings.ts";

/** One thing that listens: `otlp`, `http`, `127.0.0.1:4318`. */
export interface Endpoint {
  readonly component: string;
  /** "" where the component has only one. */
  readonly protocol: string;
  readonly address: string;
}

export interface BannerFacts {
  readonly version: string;
  /** Files, or other sources, as the user named them. */
  readonly sources: readonly string[];
  readonly endpoints: readonly Endpoint[];
  readonly config: CollectorConfig;
}

/** Key of the ready line: component id, dot, protocol. */
export function endpointKey({ component, protocol }: Endpoint): string {
  return protocol === "" ? component : `${component}.${protocol}`;
}

/** What people see when the collector is ready: what listens, which signals go where, how to point an SDK at it. Plain text, ends with a newline. */
export function renderBanner(facts: BannerFacts): string {
  const lines = [`Pitwall ${facts.version} is ready`, ...column("config", facts.sources)];
  const width = Math.max(...facts.endpoints.map((endpoint) => endpointKey(endpoint).length), 0);
  const endpoints = facts.endpoints.map((endpoint) => `${endpointKey(endpoint).padEnd(width)}  ${shownAddress(endpoint)}`);
  lines.push(...column("listens", endpoints.length > 0 ? endpoints : ["nothing"]));
  const { pipelines } = facts.config.service;
  const idWidth = Math.max(...pipelines.map(({ id }) => id.length), 0);
  lines.push(
    ...column(
      "pipelines",
      pipelines.map(
        ({ id, receivers, processors, exporters }) =>
          `${id.padEnd(idWidth)}  ${[receivers.join(", "), ...processors, exporters.join(", ")].join(" → ")}`,
      ),
    ),
  );
  lines.push(...column("send to it", sdkLines(facts)), ...column("stop", ["Ctrl-C (once drains, twice ends at once)"]));
  return `${lines.join("\n")}\n`;
}

function column(title: string, values: readonly string[]): readonly string[] {
  return values.map((value, index) => `  ${(index === 0 ? title : "").padEnd(12)}${value}`);
}

function shownAddress({ component, protocol, address }: Endpoint): string {
  if (component === "telemetry") return `http://${reachable(address)}/metrics`;
  return protocol === "grpc" ? `${address} (gRPC)` : address;
}

/** An address that listens everywhere is reached at this machine's own. */
function reachable(address: string): string {
  const parsed = parseHostPort(address);
  if (parsed === undefined) return address;
  const isEverywhere = parsed.host === "0.0.0.0" || parsed.host === "::" || parsed.host === "";
  return formatHostPort(isEverywhere ? { ...parsed, host: "127.0.0.1" } : parsed);
}

function sdkLines({ endpoints, config }: BannerFacts): readonly string[] {
  const otlp = endpoints.filter(({ component }) => config.receivers.get(component)?.definition.type === "otlp");
  const line = (protocol: string, word: string): readonly string[] => {
    const found = otlp.find((endpoint) => endpoint.protocol === protocol);
    return found === undefined ? [] : [`OTEL_EXPORTER_OTLP_ENDPOINT=http://${reachable(found.address)} OTEL_EXPORTER_OTLP_PROTOCOL=${word}`];
  };
  return [...line("http", "http/protobuf"), ...line("grpc", "grpc")];
}

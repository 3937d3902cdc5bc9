import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Attributes } from "../../collector/model/attributes.ts";
import type { Batch } from "../../collector/model/batch.ts";
import type { Metric, NumberPoint } from "../../collector/model/metric.ts";
import { unixNanoFromMs } from "../../collector/model/time.ts";
import type { ExporterDefinition } from "../../collector/pipeline/define.ts";
import { Refused } from "../../collector/pipeline/sink.ts";
import { batchOf, encodedBatch } from "../../collector/wire/otlp-batch.ts";
import { registry } from "../../config/registry.ts";
import { labelsOf, mockReceiver, STALE_BITS } from "../remote-write/mock-receiver.ts";
import { ALL_SIGNALS, bodies, context, logs, RESOURCE, SCOPE, surroundings } from "../unit/pipeline/river.ts";
import { draws } from "./draws.ts";
import { type ExporterCase, type ExporterTarget, exporterContract } from "./exporter-contract.ts";

const NAME = /\bb\d+-\d+\b/g;

const CASES: Readonly<Record<string, ExporterCase>> = {
  alerts: { batch: gauges, isRemote: false, open: async () => ({ config: {}, arrived: async () => undefined, async [Symbol.asyncDispose]() {} }) },
  debug: {
    batch: logs,
    isRemote: false,
    open: async () => ({
      config: { verbosity: "detailed" },
      arrived: async (around) => around.printed.join("").match(NAME) ?? [],
      async [Symbol.asyncDispose]() {},
    }),
  },
  file: {
    batch: logs,
    isRemote: false,
    async open() {
      const folder = await mkdtemp(join(tmpdir(), "pitwall-"));
      const path = join(folder, "out.jsonl");
      return {
        config: { path },
        arrived: async () => (await readFile(path, "utf8")).match(NAME) ?? [],
        [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
      };
    },
  },
  grafana_annotations: {
    batch: logs,
    isRemote: false,
    open: async () => ({ config: { endpoint: "http://127.0.0.1:1" }, arrived: async () => undefined, async [Symbol.asyncDispose]() {} }),
  },
  nop: { batch: logs, isRemote: false, open: async () => ({ config: {}, arrived: async () => undefined, async [Symbol.asyncDispose]() {} }) },
  otlp_grpc: { batch: logs, isRemote: true, open: grpcTarget },
  otlp_http: { batch: logs, isRemote: true, open: httpTarget },
  prometheus: {
    batch: gauges,
    isRemote: false,
    isState: true,
    open: async () => ({
      config: { endpoint: "127.0.0.1:0" },
      arrived: async (around) => {
        const page = await fetch(`http://${around.listens[0]?.split(" ").at(-1)}/metrics`);
        return (await page.text()).match(NAME) ?? [];
      },
      async [Symbol.asyncDispose]() {},
    }),
  },
  prometheusremotewrite: { batch: gauges, isRemote: true, open: remoteWriteTarget },
};

/** `count` gauges with one point each, told apart by an attribute. */
function gauges(count: number, name: string): Batch {
  const point = (item: string): NumberPoint => ({
    attributes: Attributes.from({ item }),
    startUnixNano: 0n,
    timeUnixNano: unixNanoFromMs(Date.now()),
    flags: 0,
    number: { kind: "int", value: 1 },
    exemplars: [],
  });
  const common = { resource: RESOURCE, scope: SCOPE, name: "contract", description: "", unit: "", metadata: Attributes.EMPTY };
  const metrics = Array.from({ length: count }, (_, index): Metric => ({ ...common, data: { type: "gauge", points: [point(`${name}-${index}`)] } }));
  return batchOf("metrics", metrics);
}

/** A plain server that answers 503, without saying when to come back, to those it turns away. */
async function httpTarget(unavailableRatio: number): Promise<ExporterTarget> {
  const random = draws(3);
  const arrived: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (random() < unavailableRatio) {
        response.writeHead(503).end();
        return;
      }
      arrived.push(...bodies(encodedBatch("logs", [Buffer.concat(chunks)], 0)));
      response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    config: { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, compression: "none" },
    arrived: async () => arrived,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A remote write receiver that answers 503 to those it turns away. */
async function remoteWriteTarget(unavailableRatio: number): Promise<ExporterTarget> {
  const random = draws(3);
  const receiver = await mockReceiver(() => (random() < unavailableRatio ? { status: 503 } : {}));
  const isValue = ({ bits }: { readonly bits: bigint }) => bits !== STALE_BITS;
  return {
    config: {
      endpoint: receiver.url,
      batch_send_deadline: "2ms",
      max_samples_per_send: 3,
      retry_on_failure: { initial_interval: "2ms", max_interval: "10ms", max_elapsed_time: 0 },
    },
    arrived: async () => receiver.series("contract").flatMap((series) => series.samples.filter(isValue).map(() => labelsOf(series)["item"] ?? "")),
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose]() as Promise<void>,
  };
}

/** Our own receiver, which turns away with UNAVAILABLE and a RetryInfo of a millisecond; when always, without one. */
async function grpcTarget(unavailableRatio: number): Promise<ExporterTarget> {
  const otlp = registry.find("receivers", "otlp");
  if (otlp === undefined) throw new Error("the registry has no otlp receiver");
  const random = draws(3);
  const arrived: string[] = [];
  const around = surroundings();
  const receiver = await otlp.open(
    otlp.config.parse({ protocols: { grpc: { endpoint: "127.0.0.1:0" } } }),
    {
      signals: new Set(ALL_SIGNALS),
      async push(batch) {
        if (random() < unavailableRatio) throw new Refused("not now", { retryAfterMs: 1, overload: false });
        arrived.push(...bodies(batch));
      },
    },
    context("otlp", around),
  );
  return {
    config: { endpoint: around.listens[0]?.split(" ").at(-1), tls: { insecure: true } },
    arrived: async () => arrived,
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose]() as Promise<void>,
  };
}

const exporters = registry.inSection("exporters") as readonly ExporterDefinition[];

test("every exporter in the registry has a contract case", () => {
  expect(exporters.map((one) => one.type)).toEqual(Object.keys(CASES).sort());
});

for (const definition of exporters) {
  const found = CASES[definition.type];
  if (found !== undefined) exporterContract(definition, found);
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { StageDefinition } from "../../collector/pipeline/define.ts";
import { registry } from "../../config/registry.ts";
import { spans } from "../unit/pipeline/river.ts";
import { type ConnectorCase, connectorContract } from "./connector-contract.ts";
import { type StageCase, stageContract } from "./stage-contract.ts";

const CASES: Readonly<Record<string, StageCase>> = {
  attributes: { config: { actions: [{ key: "no.such.key", action: "delete" }] }, holds: false },
  batch: { config: { send_batch_size: 20, timeout: "50ms" }, holds: true },
  filter: { config: { logs: { log_record: ['body == "no such body"'] } }, holds: false },
  memory_limiter: { config: { check_interval: "1s", limit_percentage: 100 }, holds: false },
  resource: { config: { attributes: [{ key: "run", value: "r", action: "upsert" }] }, holds: false },
};

const RUNS_FOLDER = mkdtempSync(join(tmpdir(), "pitwall-contract-runs-"));
afterAll(() => rmSync(RUNS_FOLDER, { recursive: true, force: true }));

/** Nothing begins in it unless a run is open. */
async function openRun(listens: readonly string[]): Promise<void> {
  const url = `http://${listens[0]?.split(" ").at(-1)}/api/v1/runs`;
  const { status } = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: '{"name":"contract"}' });
  expect(status).toBe(201);
}

const CONNECTOR_CASES: Readonly<Record<string, ConnectorCase>> = {
  runs: { config: { endpoint: "127.0.0.1:0", directory: RUNS_FOLDER }, batch: spans, prepare: openRun },
  spanmetrics: { config: { metrics_flush_interval: "1s" }, batch: spans },
};

const processors = registry.inSection("processors") as readonly StageDefinition[];

test("every processor in the registry has a contract case", () => {
  expect(processors.map((one) => one.type)).toEqual(Object.keys(CASES).sort());
});

const connectors = registry.inSection("connectors") as readonly StageDefinition[];

test("every connector in the registry has a contract case", () => {
  expect(connectors.map((one) => one.type)).toEqual(Object.keys(CONNECTOR_CASES).sort());
});

for (const definition of connectors) {
  const found = CONNECTOR_CASES[definition.type];
  if (found !== undefined) connectorContract(definition, found);
}

for (const definition of processors) {
  const found = CASES[definition.type];
  if (found !== undefined) stageContract(definition, found);
}

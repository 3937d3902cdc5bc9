import { globSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Batch } from "../../model/batch.ts";
import type { ComponentContext, Outlet } from "../../pipeline/define.ts";
import { Recorder } from "../../run/recorder/recorder.ts";
import { copyLedger } from "../../run/run-keeper/copy-ledger.ts";
import { freeDiskBytes } from "../../run/run-keeper/free-disk.ts";
import { ownVersion } from "../../run/run-keeper/own-version.ts";
import { RunKeeper } from "../../run/run-keeper/run-keeper.ts";
import { openRunStore } from "../../run/run-keeper/run-store.ts";
import { RunTeller } from "../../run/run-keeper/run-teller.ts";
import type { RequestHandler } from "../../web/run-api/open-run-api.ts";
import { type ReportRequest, renderReportAside } from "../../web/run-api/report-thread.ts";
import { buildRunApi } from "../../web/run-api/run-api-app.ts";
import type { RunsConfig } from "./runs.ts";

const OLD_COPY_MS = 3_600_000;

export interface OpenRunsParts {
  readonly settings: RunsConfig;
  readonly next: Outlet;
  readonly context: ComponentContext;
  readonly startedUnixMs: number;
}

/** Keeper, telemetry and API of the connector, once somebody has asked for them. */
export interface OpenRuns {
  readonly handler: RequestHandler;
  push(batch: Batch): void;
  tick(): void;
  /** A run that is open ends. */
  close(): Promise<void>;
}

export function openRuns({ settings, next, context, startedUnixMs }: OpenRunsParts): OpenRuns {
  const { id, log, ledger: lossLedger, upstream } = context;
  const clock = { nowMs: () => Date.now() };
  const version = ownVersion();
  const store = openRunStore(settings.directory);
  const teller = new RunTeller({ next, log, clock });
  const freeBytes = () => freeDiskBytes(settings.directory);
  const keeper = new RunKeeper({
    store,
    openRecorder: (parts) => new Recorder(parts),
    lossLedger,
    teller,
    log,
    clock,
    freeBytes,
    keep: settings.keep,
    version,
    isOnTheWay: upstream === undefined ? undefined : (component) => component === id || upstream.has(component),
    endpointRules: settings.endpoints,
  });
  removeLeftCopies(settings.directory, clock.nowMs());
  const renderReport = (path: string, form: ReportRequest["form"]) => renderReportAside({ path, rules: settings.endpoints, form });
  return {
    handler: buildRunApi({ keeper, store, renderReport, copyLedger, version, clock, startedUnixMs, freeBytes, log }),
    push: (batch) => keeper.push(batch),
    tick() {
      keeper.tick();
      void teller.tick();
    },
    async close() {
      keeper.close(context.isReloading?.() === true ? "reloaded" : "stopped");
      await teller.close();
    },
  };
}

/** Copies of ledgers that a collector was making when it died; of the last hour, another one may be making them now. */
function removeLeftCopies(directory: string, nowMs: number): void {
  for (const path of globSync(".copy-*", { cwd: directory }).map((name) => join(directory, name))) {
    const changedMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? nowMs;
    if (nowMs - changedMs > OLD_COPY_MS) rmSync(path, { force: true });
  }
}

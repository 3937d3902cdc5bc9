import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Metric } from "../../../../collector/model/metric.ts";
import { batchOf } from "../../../../collector/wire/otlp-batch.ts";
import { alerts } from "../../../../exporters/alerts/alerts.ts";
import { openAlerts, type RunningAlerts } from "../../../../exporters/alerts/open-alerts.ts";
import { context, surroundings, type TestSurroundings } from "../../pipeline/river.ts";
import { EPOCH_MS } from "../prometheus/lab.ts";

export interface WebhookAlert {
  readonly status: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly fingerprint: string;
}

export interface WebhookPost {
  readonly version: string;
  readonly status: string;
  readonly truncatedAlerts: number;
  readonly groupLabels: Readonly<Record<string, string>>;
  readonly alerts: readonly WebhookAlert[];
}

export interface FakeWebhook extends AsyncDisposable {
  readonly url: string;
  readonly posts: readonly WebhookPost[];
  /** Headers of each post. */
  readonly headers: readonly Readonly<Record<string, string | string[] | undefined>>[];
  /** Answers that are given instead of 200, in this order; "drop" closes the connection. */
  readonly answers: (number | "drop")[];
  /** How many requests came, whatever was answered. */
  readonly requests: number;
}

/** Keeps what it answered with 200. */
export async function fakeWebhook(): Promise<FakeWebhook> {
  const posts: WebhookPost[] = [];
  const headers: FakeWebhook["headers"][number][] = [];
  const answers: (number | "drop")[] = [];
  let requests = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      requests++;
      const answer = answers.shift() ?? 200;
      if (answer === "drop") {
        request.socket.destroy();
        return;
      }
      if (answer === 200) {
        posts.push(JSON.parse(Buffer.concat(chunks).toString("utf8")) as WebhookPost);
        headers.push(request.headers);
      }
      response.writeHead(answer).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts`,
    posts,
    headers,
    answers,
    get requests() {
      return requests;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The exporter with a clock that stands still until it is moved, in seconds after the epoch of the points. */
export interface AlertLab extends AsyncDisposable {
  readonly around: TestSurroundings;
  readonly exporter: RunningAlerts;
  push(...metrics: Metric[]): Promise<void>;
  /** Moves the clock there and evaluates all groups. */
  evaluateAt(seconds: number): void;
  moveTo(seconds: number): void;
  /** Total of one of its meters. */
  meter(name: string, labels?: Readonly<Record<string, string>>): number;
}

/** Its own evaluations never come, unless `interval` is given: the test decides. */
export async function openAlertLab(keys: object = {}): Promise<AlertLab> {
  const around = surroundings();
  let nowMs = EPOCH_MS;
  const settings = alerts.config.parse({ interval: "1h", ...keys });
  const exporter = await openAlerts(settings, context("alerts", around), { clock: { nowMs: () => nowMs }, random: () => 0.5 });
  return {
    around,
    exporter,
    push: (...metrics) => exporter.push(batchOf("metrics", metrics)),
    evaluateAt(seconds) {
      nowMs = EPOCH_MS + seconds * 1000;
      exporter.evaluate();
    },
    moveTo(seconds) {
      nowMs = EPOCH_MS + seconds * 1000;
    },
    meter: (name, labels) => around.meter.total(name, labels),
    [Symbol.asyncDispose]: () => exporter[Symbol.asyncDispose](),
  };
}

/** A rule file that is gone when the test is over. */
export async function ruleFile(text: string): Promise<{ readonly path: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "pitwall-rules-"));
  const path = join(folder, "rules.yml");
  await writeFile(path, text);
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

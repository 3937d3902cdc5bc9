import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type DecodedRequest, type DecodedSeries, decodeWriteBody } from "../wire/remote-write-decode.ts";

/** What the receiver does with one request. Nothing given: 204 with headers that say that all was written. */
export interface Answer {
  readonly status?: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Samples and histograms said to be written; without it all of them for a 2xx, and no header for anything else. */
  readonly written?: { readonly samples: number; readonly histograms?: number };
  /** A 2xx of a receiver of 1.0, which does not know the Written headers. */
  readonly silent?: boolean;
  /** The connection is cut instead. */
  readonly cut?: boolean;
  /** No answer until this resolves. */
  readonly after?: Promise<void>;
}

export interface CapturedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly version: 1 | 2;
  readonly message: DecodedRequest;
  /** Monotonic ms. */
  readonly atMs: number;
  /** What was answered. */
  answer: Answer;
}

export interface MockReceiver extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly CapturedRequest[];
  /** Those that were answered with success. */
  taken(): readonly CapturedRequest[];
  /** All series of all requests that were taken, one entry a request. */
  series(name?: string): readonly DecodedSeries[];
  /** Samples of all requests that were taken as `name{a="b"} value@ms`, in the order in which they came. */
  lines(): readonly string[];
  /** Resolves when so many requests have come. */
  came(count: number): Promise<void>;
}

export type Script = (request: CapturedRequest, index: number) => Answer;

/** A server that takes remote write of both versions and answers as told. */
export async function mockReceiver(script: Script = () => ({}), port = 0): Promise<MockReceiver> {
  const requests: CapturedRequest[] = [];
  const waiting: { readonly count: number; readonly wake: () => void }[] = [];
  const handle = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const version = (message.headers["content-type"] ?? "").includes("io.prometheus.write.v2.Request") ? 2 : 1;
    const request: CapturedRequest = {
      method: message.method ?? "",
      path: message.url ?? "",
      headers: message.headers,
      body,
      version,
      message: decodeWriteBody(body, version),
      atMs: performance.now(),
      answer: {},
    };
    requests.push(request);
    request.answer = script(request, requests.length - 1);
    for (const { count, wake } of waiting) if (requests.length >= count) wake();
    await request.answer.after;
    if (request.answer.cut === true) message.socket.destroy();
    else send(response, request);
  };
  const server = createServer(
    (message, response) => void handle(message, response).catch((error: unknown) => response.writeHead(599).end(String(error))),
  );
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const taken = (): readonly CapturedRequest[] => requests.filter(({ answer }) => isTaken(answer));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/write`,
    requests,
    taken,
    series: (name) => taken().flatMap(({ message }) => message.series.filter((one) => name === undefined || nameOf(one) === name)),
    lines: () => taken().flatMap(({ message }) => message.series.flatMap(linesOf)),
    came: (count) => (requests.length >= count ? Promise.resolve() : new Promise((wake) => waiting.push({ count, wake }))),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(response: ServerResponse, { answer, version, message }: CapturedRequest): void {
  const status = answer.status ?? 204;
  const isSuccess = status >= 200 && status < 300;
  const { samples, histograms } = entriesOf(message);
  const written = answer.written ?? (isSuccess ? { samples, histograms } : undefined);
  const headers: Record<string, string> = { ...answer.headers };
  if (version === 2 && answer.silent !== true && written !== undefined) {
    headers["X-Prometheus-Remote-Write-Samples-Written"] = String(written.samples);
    headers["X-Prometheus-Remote-Write-Histograms-Written"] = String(written.histograms ?? 0);
    headers["X-Prometheus-Remote-Write-Exemplars-Written"] = "0";
  }
  response.writeHead(status, headers).end(answer.body);
}

function isTaken({ status = 204, cut, silent }: Answer): boolean {
  return status >= 200 && status < 300 && cut !== true && silent !== true;
}

export function entriesOf({ series }: DecodedRequest): { readonly samples: number; readonly histograms: number } {
  const count = (of: (one: DecodedSeries) => number): number => series.reduce((sum, one) => sum + of(one), 0);
  return { samples: count(({ samples }) => samples.length), histograms: count(({ histograms }) => histograms.length) };
}

export function labelsOf({ labels }: DecodedSeries): Readonly<Record<string, string>> {
  return Object.fromEntries(labels);
}

export function nameOf(series: DecodedSeries): string {
  return labelsOf(series)["__name__"] ?? "";
}

export const STALE_BITS = 0x7ff0_0000_0000_0002n;

function linesOf(series: DecodedSeries): readonly string[] {
  const labels = series.labels.filter(([name]) => name !== "__name__").map(([name, value]) => `${name}="${value}"`);
  const head = `${nameOf(series)}${labels.length === 0 ? "" : `{${labels.join(",")}}`}`;
  return series.samples.map(({ value, bits, timestampMs }) => `${head} ${bits === STALE_BITS ? "stale" : value}@${timestampMs}`);
}

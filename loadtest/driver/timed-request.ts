import type { Agent, ClientRequest, IncomingMessage } from "node:http";
import { request as httpRequest } from "node:http";
import { type Outcome, outcomeOfError, outcomeOfStatus, RequestTimeout } from "./outcome.ts";

/**
 * Where the time of one request went, in ms; they add up to its latency. A phase that was not reached is 0, and the phase in which a request
 * failed carries the time until it failed.
 */
export interface Phases {
  /** From the intended start until a socket was there: late start of the driver itself, then the queue for a socket. */
  readonly blocked: number;
  /** Making the connection; 0 on a reused one. */
  readonly connect: number;
  readonly send: number;
  /** From the last byte sent to the head of the response. */
  readonly wait: number;
  readonly receive: number;
}

export const PHASES = ["blocked", "connect", "send", "wait", "receive"] as const satisfies readonly (keyof Phases)[];

export interface TimedResult {
  readonly outcome: Outcome;
  /** Undefined where no response head came. */
  readonly status: number | undefined;
  /** From the intended start to the end, in ms. */
  readonly latencyMs: number;
  readonly phases: Phases;
  readonly bodyBytes: number;
}

export interface TimedRequestOptions {
  readonly agent: Agent;
  readonly host: string;
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** From the start of the request, not from its intended start. */
  readonly timeoutMs: number;
  /** On the clock of `performance.now()`. */
  readonly intendedMs: number;
}

/** Sends one request and measures it. Never rejects: failures are outcomes. */
export function timedRequest(options: TimedRequestOptions): Promise<TimedResult> {
  const marks: { socket?: number; connected?: number; sent?: number; head?: number } = {};
  const { promise, resolve } = Promise.withResolvers<TimedResult>();
  let status: number | undefined;
  let bodyBytes = 0;
  let isOver = false;
  const finish = (outcome: Outcome) => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    const endMs = performance.now();
    resolve({ outcome, status, latencyMs: endMs - options.intendedMs, phases: phasesOf(options.intendedMs, marks, endMs), bodyBytes });
  };
  const { agent, host, port, method, path, headers } = options;
  const request: ClientRequest = httpRequest({ agent, host, port, method, path, headers });
  const timer = setTimeout(() => request.destroy(new RequestTimeout(`no complete response within ${options.timeoutMs} ms`)), options.timeoutMs);
  request.once("socket", (socket) => {
    marks.socket = performance.now();
    if (!socket.connecting) marks.connected = marks.socket;
    else
      socket.once("connect", () => {
        marks.connected = performance.now();
      });
  });
  request.once("finish", () => {
    marks.sent = performance.now();
  });
  request.once("response", (response: IncomingMessage) => {
    marks.head = performance.now();
    status = response.statusCode ?? 0;
    response.on("data", (chunk: Buffer) => {
      bodyBytes += chunk.length;
    });
    response.once("end", () => finish(outcomeOfStatus(status ?? 0)));
    // A response cut short emits an error here, and the request none.
    response.once("error", (error) => finish(outcomeOfError(error)));
  });
  request.once("error", (error) => finish(outcomeOfError(error)));
  // The last word where neither an end nor an error came.
  request.once("close", () => finish("reset"));
  request.end();
  return promise;
}

function phasesOf(intendedMs: number, marks: { socket?: number; connected?: number; sent?: number; head?: number }, endMs: number): Phases {
  // A small request is handed over before its connection stands, so that `finish` may come first.
  const socket = marks.socket ?? endMs;
  const connected = Math.max(socket, marks.connected ?? endMs);
  const sent = Math.max(connected, Math.min(marks.sent ?? endMs, marks.head ?? endMs));
  const head = Math.max(sent, marks.head ?? endMs);
  return { blocked: socket - intendedMs, connect: connected - socket, send: sent - connected, wait: head - sent, receive: endMs - head };
}

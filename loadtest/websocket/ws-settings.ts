import { type Duration, type Env, EnvReader } from "../k6/env-reader.ts";

export const WS_MODES = ["connect", "ping", "reconnect", "flap", "slow", "e2e"] as const;
export type WsMode = (typeof WS_MODES)[number];

export interface WsSettings {
  readonly url: string;
  readonly mode: WsMode;
  /** Connections held at a time, slow ones included. */
  readonly clients: number;
  /** Of these, how many read slowly; each is a virtual user of its own. */
  readonly slowClients: number;
  /** The others share these virtual users. */
  readonly fastVus: number;
  readonly duration: Duration;
  /** Over which the first connections are spread. */
  readonly connectOver: Duration;
  /** Between two pings or messages of a client. */
  readonly interval: Duration;
  readonly traffic: "none" | "pings" | "messages";
  /** Whether lost connections are made again. */
  readonly reconnects: boolean;
  /** Wait before connecting again: random up to a limit that doubles with each failure, from `least` to `most`. */
  readonly backoff: { readonly leastMs: number; readonly mostMs: number };
  /** 0: none is cut. */
  readonly flapPercent: number;
  readonly flapInterval: Duration;
  readonly slowDelay: Duration;
  /** What the server does with a message: gives it back to its sender, or to everybody. */
  readonly target: "echo" | "broadcast";
  /** The first so many clients send messages. */
  readonly senders: number;
  readonly bodyBytes: number;
  readonly authToken: string | undefined;
  /** Sent once after each connection, e.g. to sign in. */
  readonly firstMessage: string | undefined;
}

/** Connections of one virtual user: few virtual users cost little memory, and its one event loop must keep up with all of them. */
const CLIENTS_PER_VU = 50;

/**
 * The settings of `ws-load.js`, from its environment.
 * @throws Error that names every mistake
 */
export function parseWsSettings(env: Env): WsSettings {
  const read = new EnvReader(env);
  const mode = read.word("MODE", WS_MODES, "connect");
  const clients = read.whole("CLIENTS", 10, 1, 100_000);
  const slowPercent = read.number("SLOW_PCT", mode === "slow" ? 30 : 0, 0, 100);
  if (slowPercent > 0 && mode !== "slow") read.refuse("SLOW_PCT", "only MODE=slow has slow clients");
  const slowClients = Math.round((clients * slowPercent) / 100);
  const fastClients = clients - slowClients;
  const flapPercent = read.number("FLAP_PCT", mode === "flap" ? 20 : 0, 0, 100);
  const target = read.word("TARGET", ["echo", "broadcast"], "echo");
  const traffic = mode === "ping" ? "pings" : mode === "e2e" || mode === "slow" ? "messages" : "none";
  const settings: WsSettings = {
    url: read.address("URL", "ws://127.0.0.1:8082/ws", ["ws", "wss"]),
    mode,
    clients,
    slowClients,
    fastVus: read.whole("VUS", Math.max(1, Math.ceil(fastClients / CLIENTS_PER_VU)), 1, Math.max(1, fastClients)),
    duration: read.duration("DURATION", "30s"),
    connectOver: read.duration("CONNECT_OVER", "1s", true),
    interval: read.duration("INTERVAL", "1s"),
    traffic,
    reconnects: mode === "reconnect" || flapPercent > 0,
    backoff: backoff(read),
    flapPercent,
    flapInterval: read.duration("FLAP_INTERVAL", "2s"),
    slowDelay: read.duration("SLOW_DELAY", "5s"),
    target,
    senders: traffic === "messages" ? senders(read, target, clients, fastClients) : 0,
    bodyBytes: read.whole("BODY_BYTES", 200, 0, 1_000_000),
    authToken: read.text("AUTH_TOKEN"),
    firstMessage: read.text("FIRST_MESSAGE"),
  };
  if (settings.connectOver.ms >= settings.duration.ms) read.refuse("CONNECT_OVER", `must be shorter than DURATION (${settings.duration.text})`);
  read.throwMistakes();
  return settings;
}

/** How long after the begin of the load a client connects first. Slow ones do so at once: each has a virtual user of its own. */
export function connectDelayMs({ clients, slowClients, connectOver }: WsSettings, index: number): number {
  const fastClients = clients - slowClients;
  return index < fastClients ? (index / fastClients) * connectOver.ms : 0;
}

/**
 * How many pings or messages are due if every connection is made at once and holds: what was sent is held against it, else a generator that falls
 * behind goes unnoticed. A fast client sends when it is connected and then every `interval`; a slow one begins an interval later.
 */
export function sendsDue(settings: WsSettings): number {
  const { traffic, clients, slowClients, senders: sending, duration, interval } = settings;
  const count = traffic === "none" ? 0 : traffic === "pings" ? clients : sending;
  let due = 0;
  for (let index = 0; index < count; index++) {
    const intervals = (duration.ms - connectDelayMs(settings, index)) / interval.ms;
    due += index < clients - slowClients ? Math.ceil(intervals) : Math.floor(intervals);
  }
  return due;
}

/**
 * Full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter"): spreads clients that lost their connection at the same moment.
 * @param failures in a row, from 0
 * @param random in [0, 1)
 */
export function backoffMs({ leastMs, mostMs }: WsSettings["backoff"], failures: number, random: number): number {
  return random * Math.min(mostMs, leastMs * 2 ** Math.min(failures, 30));
}

function backoff(read: EnvReader): WsSettings["backoff"] {
  const [least, most] = [read.duration("BACKOFF_MIN", "200ms"), read.duration("BACKOFF_MAX", "10s")];
  if (least.ms > most.ms) read.refuse("BACKOFF_MIN", `more than BACKOFF_MAX (${most.text})`);
  return { leastMs: least.ms, mostMs: most.ms };
}

/** Of a server that gives messages to everybody, half of the clients only receive; slow ones send only where nothing else would reach them. */
function senders(read: EnvReader, target: WsSettings["target"], clients: number, fastClients: number): number {
  if (target === "echo") {
    if (read.isSet("SENDERS")) read.refuse("SENDERS", "with TARGET=echo every client sends, for it receives nothing else");
    return clients;
  }
  if (fastClients === 0) read.refuse("SLOW_PCT", "with TARGET=broadcast somebody must send who is not slow");
  return read.whole("SENDERS", Math.max(1, Math.min(fastClients, Math.floor(clients / 2))), 1, Math.max(1, fastClients));
}

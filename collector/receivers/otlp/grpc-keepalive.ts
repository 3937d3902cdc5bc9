import type { ServerHttp2Session } from "node:http2";
import type { KeepaliveConfig } from "./otlp-config.ts";

/** RFC 9113 §7. */
const ENHANCE_YOUR_CALM = 0x0b;
/** grpc-go tolerates so many early pings (internal/transport/http2_server.go `maxPingStrikes`). */
const MAX_PING_STRIKES = 2;
/** grpc-go's `keepalive.ServerParameters` defaults for what is asked only once `time` is set. */
const PING_TIMEOUT_MS = 20_000;
/** grpc-go spreads the age of connections by ±10 %, so that they do not all come back at once. */
const AGE_SPREAD = 0.1;

/** `keepalive` of configgrpc for one connection. Without a config pings are answered however many come, and nothing else happens (G-06). */
export function keepSession(session: ServerHttp2Session, config: KeepaliveConfig | null | undefined): void {
  const {
    max_connection_idle: idleMs,
    max_connection_age: ageMs,
    max_connection_age_grace: graceMs,
    time: pingMs,
    timeout,
  } = config?.server_parameters ?? {};
  const timers: NodeJS.Timeout[] = [];
  session.once("close", () => {
    for (const timer of timers) clearTimeout(timer);
  });
  if (idleMs) {
    session.setTimeout(idleMs, () => session.close());
  }
  if (ageMs) {
    const spreadMs = ageMs * (1 - AGE_SPREAD + 2 * AGE_SPREAD * Math.random());
    timers.push(
      setTimeout(() => {
        session.close();
        if (graceMs) timers.push(setTimeout(() => session.destroy(), graceMs).unref());
      }, spreadMs).unref(),
    );
  }
  if (pingMs) {
    timers.push(setInterval(() => pingOnce(session, timeout || PING_TIMEOUT_MS), pingMs).unref());
  }
  const policy = config?.enforcement_policy;
  if (policy?.min_time) enforcePings(session, policy.min_time);
}

function pingOnce(session: ServerHttp2Session, timeoutMs: number): void {
  if (session.closed || session.destroyed) return;
  const timer = setTimeout(() => session.destroy(), timeoutMs).unref();
  session.ping(() => clearTimeout(timer));
}

function enforcePings(session: ServerHttp2Session, minTimeMs: number): void {
  let last = Number.NEGATIVE_INFINITY;
  let strikes = 0;
  session.on("ping", () => {
    const now = performance.now();
    strikes = now - last < minTimeMs ? strikes + 1 : 0;
    last = now;
    if (strikes <= MAX_PING_STRIKES) return;
    session.goaway(ENHANCE_YOUR_CALM, 0, Buffer.from("too_many_pings"));
    setImmediate(() => session.destroy());
  });
}

import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import type { ComponentContext, Outlet } from "../../pipeline/define.ts";
import { openAuthGate } from "./auth-gate.ts";
import { GRPC_PORT_WORDS, openCalls } from "./grpc-call.ts";
import { GrpcHealth } from "./grpc-health.ts";
import { keepSession } from "./grpc-keepalive.ts";
import { healthServices } from "./grpc-methods.ts";
import { errorAnswer, type HttpAnswer } from "./http-answers.ts";
import { formatOf } from "./http-routes.ts";
import { type SendRules, sendUnread } from "./http-send.ts";
import { STREAM_WINDOW_BYTES, timeoutsOf } from "./http-server.ts";
import { limitPreface } from "./http2-limits.ts";
import type { InFlight } from "./in-flight.ts";
import { Intake } from "./intake.ts";
import type { GrpcConfig } from "./otlp-config.ts";
import { openPort, type Port } from "./port.ts";
import { SenderHints } from "./sender-hints.ts";

/** Bytes of flow-control window for a connection: several messages may be on the way at once. */
const CONNECTION_WINDOW_BYTES = 8_388_608;
/** MB that nghttp2 and Node may hold for one connection before new streams are turned away (Node's default of 10 is less than one large message). */
const SESSION_MEMORY_MB = 256;
const BYTES_PER_MIB = 1_048_576;
/** Ms that a message may stand still on its way (Node's limit for a whole HTTP/1 request). */
const STALL_TIMEOUT_MS = 300_000;
/** Ms in which a connection has to send its first bytes and its SETTINGS. */
const PREFACE_TIMEOUT_MS = 60_000;

/** Opens the OTLP/gRPC server on Node's HTTP/2 stream interface; clients that speak HTTP/1 are told the right port (G-12). */
export async function openGrpc(config: GrpcConfig, out: Outlet, context: ComponentContext, inFlight: InFlight): Promise<Port> {
  const hints = new SenderHints(context.log);
  const labels = { receiver: context.id, transport: "grpc" };
  const health = new GrpcHealth(healthServices(out.signals));
  const call = openCalls({
    intake: new Intake(out, context, "grpc"),
    signals: out.signals,
    auth: openAuthGate(config.auth, context),
    health,
    inFlight,
    log: context.log,
    limitBytes: config.max_recv_msg_size_mib * BYTES_PER_MIB,
    deadlineExceeded: context.meter.counter("pitwall_receiver_deadline_exceeded", "Calls answered with DEADLINE_EXCEEDED.", labels),
    aborted: context.meter.counter("pitwall_receiver_aborted_requests", "Requests whose sender went away before the body was complete.", labels),
    turnedAway: context.meter.counter("pitwall_receiver_turned_away_requests", "Requests that found max_in_flight_bytes used up.", labels),
    stallTimeoutMs: STALL_TIMEOUT_MS,
  });
  const http2 = createHttp2Server({
    maxSessionMemory: SESSION_MEMORY_MB,
    settings: {
      initialWindowSize: STREAM_WINDOW_BYTES,
      ...(config.max_concurrent_streams > 0 ? { maxConcurrentStreams: config.max_concurrent_streams } : {}),
    },
  });
  http2.on("stream", call);
  http2.on("session", (session) => {
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    limitPreface(session, PREFACE_TIMEOUT_MS);
    keepSession(session, config.keepalive);
  });
  http2.on("sessionError", (error: Error) => context.log.debug({ err: error }, "an HTTP/2 connection failed"));

  const port = await openPort(
    {
      at: config.at,
      tls: config.tls,
      maxConnections: config.max_connections,
      options: timeoutsOf({}),
      silenceTimeoutMs: PREFACE_TIMEOUT_MS,
      onHttp1: (request, response, awaitsContinue) => answerHttp1(request, response, awaitsContinue, hints),
      http2,
      hints,
    },
    context,
  );
  return {
    ...port,
    close: () => {
      health.stop();
      return port.close();
    },
  };
}

function answerHttp1(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean, hints: SenderHints): void {
  hints.tell(request.socket.remoteAddress, "http1", `a client speaks HTTP/1 (${request.method} ${request.url}): ${GRPC_PORT_WORDS.trimEnd()}`);
  const format = formatOf(request.headers["content-type"]);
  const answer: HttpAnswer =
    format === undefined
      ? {
          status: 400,
          headers: { "content-type": "text/plain; charset=utf-8", "content-length": String(GRPC_PORT_WORDS.length) },
          body: GRPC_PORT_WORDS,
        }
      : errorAnswer(400, format, GRPC_PORT_WORDS.trimEnd());
  sendUnread(WRONG_PORT_SENDING, request, response, answer, awaitsContinue);
}

const WRONG_PORT_SENDING: SendRules = { keepAlive: () => false, writeTimeoutMs: 0 };

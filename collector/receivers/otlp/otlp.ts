import { existsSync } from "node:fs";
import { SIGNALS } from "../../model/batch.ts";
import { receiver } from "../../pipeline/define.ts";
import { openGrpc } from "./grpc-server.ts";
import { openHttp } from "./http-server.ts";
import { idleKeys } from "./idle-keys.ts";
import { InFlight } from "./in-flight.ts";
import { otlpConfig } from "./otlp-config.ts";
import type { Port } from "./port.ts";

/** OTLP over gRPC and HTTP. The wire contract, row by row, is docs/conformance.md. */
export const otlp = receiver({
  type: "otlp",
  about: "Receives traces, metrics and logs by OTLP over gRPC and HTTP (protobuf and JSON).",
  signals: SIGNALS,
  config: otlpConfig,
  async open(config, out, context) {
    const ports: Port[] = [];
    const inFlight = new InFlight(config.max_in_flight_bytes);
    const unmeter = context.meter.gauge(
      "pitwall_receiver_in_flight_bytes",
      "Bytes of requests, as sent and as expanded, that are being taken in.",
      { receiver: context.id },
      () => inFlight.usedBytes,
    );
    const close = async () => {
      await Promise.all(ports.splice(0).map((port) => port.close()));
      unmeter();
    };
    try {
      if (config.grpc !== undefined) {
        const port = await openGrpc(config.grpc, out, context, inFlight);
        ports.push(port);
        context.listening("grpc", port.address);
      }
      if (config.http !== undefined) {
        const port = await openHttp(config.http, out, context, inFlight);
        ports.push(port);
        context.listening("http", port.address);
      }
    } catch (error) {
      await close();
      throw error;
    }
    for (const words of idleKeys(config)) context.log.warn({}, words);
    if (ports.some((port) => port.loopbackOnly) && isInContainer()) context.log.info({}, CONTAINER_HINT);
    return { [Symbol.asyncDispose]: close };
  },
});

/** The default of otelcol too since v0.104; it made people in containers wonder (contrib#33896). */
export const CONTAINER_HINT =
  "this seems to be a container, and OTLP listens on its loopback address only: for senders outside set endpoint: 0.0.0.0:4317 and 0.0.0.0:4318";

function isInContainer(): boolean {
  const { KUBERNETES_SERVICE_HOST: kubernetes } = process.env;
  return existsSync("/.dockerenv") || existsSync("/run/.containerenv") || kubernetes !== undefined;
}

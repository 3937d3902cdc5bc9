import type { Batch } from "../../collector/model/batch.ts";
import { SIGNALS } from "../../collector/model/batch.ts";
import { LoadError } from "../../collector/model/errors.ts";
import { type ComponentContext, exporter } from "../../collector/pipeline/define.ts";
import { requestSigner } from "../../collector/pipeline/request-signer.ts";
import { CallFailed, GrpcClient } from "./grpc-client.ts";
import { failureError, judgeResponse } from "./judge-status.ts";
import { type OtlpGrpcConfig, otlpGrpcConfig } from "./otlp-grpc-config.ts";

/** Sends OTLP over gRPC. Bytes that nothing has changed go on as they came: no decoding, no encoding. */
export const otlpGrpc = exporter({
  type: "otlp_grpc",
  aliases: ["otlp"],
  about: "Sends telemetry to an OTLP/gRPC server.",
  signals: SIGNALS,
  queued: true,
  config: otlpGrpcConfig,

  async open(config, context) {
    const headers = checkedHeaders(config, context.id);
    const sign = requestSigner(config.auth, context);
    const client = await GrpcClient.open(config, context.id);
    const hint = new RiderHint(config, context);
    const warned = new Set<string>();
    if (config.tls?.reload_interval !== undefined)
      context.log.warn({}, "tls.reload_interval is not supported by exporters: certificates are read at the start");

    return {
      async push(batch) {
        const response = await call(client, batch, { ...headers, ...sign() }, hint);
        const warning = judgeResponse(batch, response);
        if (warning !== "" && !warned.has(warning) && warned.size < MAX_WARNINGS) {
          warned.add(warning);
          context.log.warn({ signal: batch.signal }, `the server took all, but says: ${warning}`);
        }
      },
      async [Symbol.asyncDispose]() {
        client[Symbol.dispose]();
      },
    };
  },
});

/** Different warnings that are logged, each once: servers repeat them with every answer. */
const MAX_WARNINGS = 20;

async function call(client: GrpcClient, batch: Batch, headers: Readonly<Record<string, string>>, hint: RiderHint): Promise<Uint8Array> {
  try {
    return await client.export(batch.signal, batch.encoded, headers);
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error;
    hint.hear(error.failure.message);
    throw failureError(batch, error.failure);
  }
}

/** Where JetBrains Rider is told to listen in its examples (and in ours). */
const RIDER_PORT = 17_011;

/** Says once why nobody listens where Rider should: by default it takes another port at every start. */
class RiderHint {
  readonly #context: ComponentContext;
  readonly #target: string;
  #isDue: boolean;

  constructor({ endpoint }: OtlpGrpcConfig, context: ComponentContext) {
    this.#context = context;
    this.#target = endpoint.target;
    this.#isDue = endpoint.port === RIDER_PORT || /\/rider$/i.test(context.id);
  }

  hear(failure: string): void {
    if (!this.#isDue || !failure.includes("ECONNREFUSED")) return;
    this.#isDue = false;
    this.#context.log.warn(
      { endpoint: this.#target },
      `nobody listens on ${this.#target}: Rider listens on a random port unless 'Use fixed OTLP server port' is set in its OpenTelemetry settings; set it to this port, or set RIDER_OTLP_GRPC_ENDPOINT to the port that Rider shows`,
    );
  }
}

/** What gRPC allows: names in lower case, values printable ASCII (any bytes under a name that ends with -bin). */
const HEADER_NAME = /^[0-9a-z_.-]+$/;
const HEADER_VALUE = /^[ -~]*$/;

/** Throws: E_CONFIG_INVALID, without showing values. */
function checkedHeaders({ headers }: OtlpGrpcConfig, id: string): Readonly<Record<string, string>> {
  const checked: Record<string, string> = {};
  for (const [key, value] of Object.entries(headers)) {
    const name = key.toLowerCase();
    if (!HEADER_NAME.test(name) || !(name.endsWith("-bin") || HEADER_VALUE.test(value.reveal()))) {
      throw new LoadError(
        "E_CONFIG_INVALID",
        `${id}: headers: "${key}" is not a header that gRPC allows, or its value has characters that it does not`,
      );
    }
    checked[name] = value.reveal();
  }
  return checked;
}

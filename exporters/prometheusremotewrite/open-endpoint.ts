import { validateHeaderName, validateHeaderValue } from "node:http";
import { LoadError } from "../../collector/model/errors.ts";
import type { Clock } from "../../collector/model/time.ts";
import { clientTlsOptions } from "../../collector/pipeline/client-tls.ts";
import type { ComponentContext } from "../../collector/pipeline/define.ts";
import { requestSigner } from "../../collector/pipeline/request-signer.ts";
import { allowsUtf8, type TranslationStrategy } from "../../collector/wire/prometheus-name.ts";
import { openWriteEncoder } from "../../collector/wire/remote-write-encoder.ts";
import { HttpTarget } from "../http-target.ts";
import { Dialect } from "./dialect.ts";
import { Endpoint } from "./endpoint.ts";
import { BatchLowering } from "./lower-batch.ts";
import type { PrometheusRemoteWriteConfig } from "./prometheusremotewrite-config.ts";

export interface OpenEndpoint extends Disposable {
  readonly endpoint: Endpoint;
  readonly dialect: Dialect;
}

/** The receiver that the config names. Throws: E_CONFIG_INVALID, E_FILE. */
export function openEndpoint(
  config: PrometheusRemoteWriteConfig,
  strategy: TranslationStrategy,
  context: ComponentContext,
  clock: Clock,
): OpenEndpoint {
  const { id, log } = context;
  const headers = checkedHeaders(config, id);
  const sign = requestSigner(config.auth, context);
  const target = new HttpTarget({
    timeoutMs: config.timeout,
    maxSockets: config.lanes + 1,
    ...(config.tls === undefined ? {} : { tls: clientTlsOptions(config.tls, id) }),
  });
  const url = new URL(config.endpoint);
  const send = target.open(url);
  const dialect = new Dialect(config.protocol, log);
  const options = { sendMetadata: config.send_metadata, sendExemplars: config.send_exemplars };
  const lowering = new BatchLowering({ hasUtf8: allowsUtf8(strategy), nativeHistograms: config.native_histograms === true });
  const endpoint = new Endpoint({
    dialect,
    encoders: {
      1: openWriteEncoder({ protocol: 1, sendStarts: false, ...options }),
      2: openWriteEncoder({ protocol: 2, sendStarts: true, ...options }),
    },
    lower: (batch) => lowering.lower(batch),
    post: (own, body) => target.post(send, { ...headers, ...sign(), ...own }, [body]),
    origin: url.origin,
    nowMs: () => clock.nowMs(),
  });
  return {
    endpoint,
    dialect,
    [Symbol.dispose]() {
      target[Symbol.dispose]();
    },
  };
}

/** Throws: E_CONFIG_INVALID, without showing values. */
function checkedHeaders({ headers }: PrometheusRemoteWriteConfig, id: string): Readonly<Record<string, string>> {
  const checked: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value.reveal());
    } catch {
      const message = `${id}: headers: "${name}" is not a header that HTTP allows, or its value has characters that it does not`;
      throw new LoadError("E_CONFIG_INVALID", message);
    }
    checked[name.toLowerCase()] = value.reveal();
  }
  return checked;
}

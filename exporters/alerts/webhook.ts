import { validateHeaderName, validateHeaderValue } from "node:http";
import { LoadError } from "../../collector/model/errors.ts";
import { HttpTarget } from "../http-target.ts";
import type { WebhookConfig } from "./alerts-config.ts";

/** What became of one attempt; `later`: the receiver is away or overloaded. */
export type Attempt = { readonly outcome: "taken" } | { readonly outcome: "refused" | "later"; readonly why: string };

/** Where notifications are posted. Disposing it ends what is on its way. */
export interface Webhook extends Disposable {
  post(body: string): Promise<Attempt>;
}

/** Throws: E_CONFIG_INVALID for headers that HTTP cannot carry. */
export function openWebhook({ url, headers, timeout }: WebhookConfig, userAgent: string): Webhook {
  const given = Object.entries(headers).map(([name, value]) => checked(name, value.reveal()));
  const all = { "content-type": "application/json", "user-agent": userAgent, ...Object.fromEntries(given) };
  const target = new HttpTarget({ timeoutMs: timeout });
  const send = target.open(new URL(url));
  return {
    async post(body) {
      try {
        const { status } = await target.post(send, all, [Buffer.from(body, "utf8")]);
        if (status >= 200 && status < 300) return { outcome: "taken" };
        const isLater = status >= 500 || status === 429 || status === 408;
        return { outcome: isLater ? "later" : "refused", why: `the receiver answered ${status}` };
      } catch (error) {
        return { outcome: "later", why: `the receiver cannot be reached: ${wordsOf(error)}` };
      }
    },
    [Symbol.dispose]: () => target[Symbol.dispose](),
  };
}

function checked(name: string, value: string): readonly [string, string] {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return [name.toLowerCase(), value];
  } catch (cause) {
    throw new LoadError("E_CONFIG_INVALID", `webhook.headers: ${JSON.stringify(name)} cannot be sent as a header`, { cause });
  }
}

/** Of connects to several addresses Node reports an AggregateError with an empty message. */
function wordsOf(error: unknown): string {
  if (error instanceof AggregateError) return [...new Set(error.errors.map(wordsOf))].join("; ");
  return error instanceof Error ? error.message : String(error);
}

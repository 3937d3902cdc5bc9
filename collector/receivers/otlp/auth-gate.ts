import type { IncomingHttpHeaders } from "node:http";
import { LoadError } from "../../model/errors.ts";
import type { ComponentContext, OpenExtension } from "../../pipeline/define.ts";
import type { AuthConfig } from "./otlp-config.ts";

export type Denial = NonNullable<ReturnType<NonNullable<OpenExtension["authenticate"]>>>;

/** Undefined = let it pass. Headers only: the body has not been read when this is asked (H-11). */
export type AuthGate = (headers: IncomingHttpHeaders, url: string) => Denial | undefined;

/**
 * Binds `auth.authenticator` to the opened extension of that id; undefined where the config asks for none.
 *
 * Throws: E_CONFIG_INVALID when there is no such extension, or it does not judge requests.
 */
export function openAuthGate(config: AuthConfig | null | undefined, context: ComponentContext): AuthGate | undefined {
  if (!config) return undefined;
  const { authenticator: id, request_params: params } = config;
  const authenticator = context.extension(id);
  if (authenticator === undefined) {
    throw new LoadError("E_CONFIG_INVALID", `receivers::${context.id}: auth.authenticator references extension "${id}" which is not configured`, {
      hint: `Configure it under extensions: and name it in service.extensions.`,
    });
  }
  const authenticate = authenticator.authenticate?.bind(authenticator);
  if (authenticate === undefined) {
    throw new LoadError("E_CONFIG_INVALID", `receivers::${context.id}: extension "${id}" cannot authenticate requests`, {
      hint: "Use bearertokenauth, or basicauth with htpasswd.",
    });
  }
  if (params.length === 0) return authenticate;
  return (headers, url) => authenticate(withRequestParams(headers, url, params));
}

/** otelcol's `request_params`: a query parameter of one of these names stands for the header of that name. */
function withRequestParams(headers: IncomingHttpHeaders, url: string, params: readonly string[]): IncomingHttpHeaders {
  const query = new URLSearchParams(url.slice(url.indexOf("?") + 1 || url.length));
  const merged: IncomingHttpHeaders = { ...headers };
  for (const param of params) {
    const value = query.get(param);
    if (value !== null) merged[param.toLowerCase()] = value;
  }
  return merged;
}

import { LoadError } from "../model/errors.ts";
import type { ComponentContext } from "./define.ts";

/**
 * What an exporter's `auth: {authenticator}` adds to each request; nothing without it. Asked anew for every request: tokens change.
 * Throws: E_CONFIG_INVALID where the extension is missing or signs nothing.
 */
export function requestSigner(
  auth: { readonly authenticator: string } | undefined,
  { id, extension }: Pick<ComponentContext, "id" | "extension">,
): () => Readonly<Record<string, string>> {
  if (auth === undefined) return () => ({});
  const authenticator = extension(auth.authenticator);
  const sign = authenticator?.sign?.bind(authenticator);
  if (sign !== undefined) return sign;
  const what = authenticator === undefined ? "is not an extension in service.extensions" : "cannot sign requests";
  throw new LoadError("E_CONFIG_INVALID", `${id}: auth.authenticator: "${auth.authenticator}" ${what}`);
}

import type { LedgerEndpoint, RunLedger } from "../../model/ledger.ts";
import type { Endpoint } from "../../model/load-record.ts";

/**
 * The canonical name of an endpoint that a generator's sums are of: that of the ledger's endpoint in the same words, else of the only one with the
 * same path, else its own words.
 */
export function canonicalOfEndpoint({ endpoints }: RunLedger, { method, name, source }: Endpoint): string {
  const same = endpoints.find((known) => known.name === name && known.method === method);
  if (same !== undefined) return same.canonical;
  const path = source === "url" ? pathOf(name) : name;
  const fitting = new Set(endpoints.filter((known) => fits(known, method, path)).map(({ canonical }) => canonical));
  const [only, ...others] = [...fitting];
  return only !== undefined && others.length === 0 ? only : `${method} ${path}`.trim();
}

function fits({ method: knownMethod, name, canonical }: LedgerEndpoint, method: string, path: string): boolean {
  if (method !== "" && knownMethod !== "" && method !== knownMethod) return false;
  return name === path || canonical === path || canonical.endsWith(` ${path}`);
}

/** `http://host/a?b=c` → `/a`. */
function pathOf(url: string): string {
  const path = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "").split(/[?#]/, 1)[0] as string;
  return path === "" ? "/" : path;
}

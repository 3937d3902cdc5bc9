import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import type { Secret } from "../../pipeline/settings.ts";
import { ApiFault } from "./api-fault.ts";

export interface GuardRules {
  /** Host of the configured endpoint; "" = all interfaces. */
  readonly host: string;
  /** Further names under which it may be called, in lower case. */
  readonly allowedHosts: readonly string[];
  /** undefined: whoever reaches it may use it. */
  readonly token: Secret | undefined;
}

/**
 * Decides before anything else whether a request is answered at all. Throws ApiFault:
 * - 400 where it is not clear who is meant (no or several Host headers, a target that is no path)
 * - 403 where Host is no name of ours: a page elsewhere whose name was pointed at this address (DNS rebinding)
 * - 403 where a browser sends it for a page of another origin (Origin, Sec-Fetch-Site)
 * - 401 where the token is missing or wrong
 */
export function guardRequest(request: IncomingMessage, rules: GuardRules): void {
  const target = request.url ?? "";
  if (!target.startsWith("/") || target.startsWith("//")) {
    throw new ApiFault(400, "bad_request", "the request target is no path", { hint: "Ask for a path, like /api/v1/status." });
  }
  const host = onlyHeader(request, "host");
  const name = host === undefined ? undefined : hostName(host);
  if (host === undefined || name === undefined)
    throw new ApiFault(400, "bad_request", "the request has no Host header, several, or one that is no host");
  if (!isOwnName(name, request.socket.localAddress ?? "", rules)) {
    throw new ApiFault(403, "forbidden_host", `"${shown(name)}" is no name of this server`, {
      hint: "Use its address, or name it in allowed_hosts of the runs connector.",
    });
  }
  refuseForeignPages(request, host);
  if (rules.token !== undefined && !carriesToken(onlyHeader(request, "authorization"), rules.token)) {
    throw new ApiFault(401, "unauthorized", "the token is missing or wrong", {
      hint: "Send `Authorization: Bearer <token>`; browsers ask for a password: the token, with any user name.",
      headers: { "WWW-Authenticate": 'Bearer realm="pitwall", Basic realm="pitwall"' },
    });
  }
}

/** Whether only this machine reaches what is bound there. */
export function isLoopbackHost(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** Host of a `Host` header in lower case, without port and brackets; undefined where it is none. */
export function hostName(header: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9_.-]+))(?::\d{1,5})?$/.exec(header.trim().toLowerCase());
  if (match === null) return undefined;
  return match[1] !== undefined && isIP(match[1]) !== 6 ? undefined : (match[1] ?? match[2]);
}

function isOwnName(name: string, localAddress: string, { host, allowedHosts }: GuardRules): boolean {
  if (isLoopbackHost(name) || (host !== "" && name === host.toLowerCase()) || allowedHosts.includes(name)) return true;
  // The address that the connection came to cannot be anybody's rebound name.
  return isIP(name) !== 0 && name === localAddress.replace(/^::ffff:(?=\d+\.)/, "");
}

/** Browsers say for whom they ask; programs do not send these headers. */
function refuseForeignPages(request: IncomingMessage, host: string): void {
  const origin = request.headers.origin;
  const isForeign = origin !== undefined && origin.toLowerCase() !== `http://${host.trim().toLowerCase()}`;
  const site = request.headers["sec-fetch-site"];
  const isCrossSite = (site === "cross-site" || site === "same-site") && request.headers["sec-fetch-mode"] !== "navigate";
  if (isForeign || isCrossSite) {
    throw new ApiFault(403, "forbidden_origin", "pages of other origins may not use this API", {
      hint: "Call it from a program, or from its own page.",
    });
  }
}

function carriesToken(header: string | undefined, token: Secret): boolean {
  const [, scheme = "", credentials = ""] = /^(\S+) +(\S+)$/.exec(header ?? "") ?? [];
  switch (scheme.toLowerCase()) {
    case "bearer":
      return isSame(credentials, token);
    case "basic":
      return isSame(
        Buffer.from(credentials, "base64")
          .toString("utf8")
          .replace(/^[^:]*:/, ""),
        token,
      );
    default:
      return false;
  }
}

/** In the same time whatever differs, lengths too. */
function isSame(given: string, token: Secret): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(token.reveal()));
}

/** undefined where there is none, or where there are several that a server behind another could read differently. */
function onlyHeader(request: IncomingMessage, name: string): string | undefined {
  const values = request.headersDistinct[name];
  return values?.length === 1 ? values[0] : undefined;
}

function shown(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

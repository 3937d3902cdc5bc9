import { LoadError } from "../../model/errors.ts";
import { formatHostPort, parseHostPort } from "../../pipeline/settings.ts";

/** `--api`, as host:port or URL, as a URL. Throws: E_USAGE. */
export function apiUrl(text: string): string {
  const url = /^https?:\/\//i.test(text) ? text : `http://${text}`;
  if (URL.canParse(url) && new URL(url).hostname !== "") return url;
  throw new LoadError("E_USAGE", `--api ${text}: it must be host:port, like 127.0.0.1:4319, or a URL`);
}

/** `--otlp`, `--otlp-http`, `--otlp-grpc` as host:port; a scheme before it is let go. Throws: E_USAGE. */
export function otlpAddress(option: string, text: string): string {
  const parsed = parseHostPort(text.replace(/^http:\/\//i, "").replace(/\/$/, ""));
  if (parsed !== undefined && parsed.host !== "") return formatHostPort(parsed);
  throw new LoadError("E_USAGE", `${option} ${text}: it must be host:port, like 127.0.0.1:4318`);
}

/** Port 0: any free one, so nobody can be listening there already. */
export function isFreePort(url: string): boolean {
  return new URL(url).port === "0";
}

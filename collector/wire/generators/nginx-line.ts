import { NGINX_SHORT_NAMES, type NginxField } from "./nginx-request.ts";

/** Quoted parts: nginx writes a quote inside as \x22, Apache as \". Times are short, which keeps hostile lines from costing squared time. */
const COMBINED =
  /^(\S{1,255}) - (.{0,255}?) \[([^\][]{1,40})\] "((?:[^"\\]|\\.)*)" (\d{3}) (\d{1,15}|-)(?: "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)")?(?= |$)/;
const PREFIX_FIELDS = [
  "remote_addr",
  "remote_user",
  "time_local",
  "request",
  "status",
  "body_bytes_sent",
  "http_referer",
  "http_user_agent",
] as const satisfies readonly NginxField[];
/** `key=value` or `key="value"`; unquoted lists may hold `, ` and ` : `. */
const PAIR = / ([a-z_]{1,40})=(?:"((?:[^"\\]|\\.)*)"|(\S*?(?:(?:, | : )\S+?)*)(?= [a-z_]{1,40}=| "|$))/y;

/** Fields of a line of `combined` or of the timing format, which is `combined` with `key=value` after it. Undefined for anything else. */
export function parseNginxLine(line: string): Map<NginxField, string> | undefined {
  const found = COMBINED.exec(line);
  if (found === null) return undefined;
  const fields = new Map<NginxField, string>();
  for (const [index, name] of PREFIX_FIELDS.entries()) {
    const value = found[index + 1];
    if (value !== undefined) fields.set(name, name === "request" ? unescapeNginx(value) : value);
  }
  PAIR.lastIndex = found[0].length;
  for (let pair = PAIR.exec(line); pair !== null; pair = PAIR.exec(line)) {
    const name = NGINX_SHORT_NAMES.get(pair[1] as string) ?? (pair[1] as NginxField);
    if (!fields.has(name)) fields.set(name, pair[2] ?? pair[3] ?? "");
  }
  return fields;
}

/** `escape=default`: `"`, `\` and bytes below 32 or above 126 as \xXX. Bytes above 126 stay as they are written: they are parts of UTF-8. */
export function unescapeNginx(text: string): string {
  return text.includes("\\x") ? text.replace(/\\x(22|5C)/g, (_, hex: string) => (hex === "22" ? '"' : "\\")) : text;
}

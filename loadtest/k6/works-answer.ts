import type { FailureCause } from "./works-options.ts";

/**
 * What is wrong with the body of a 2xx answer; undefined when nothing is. Wanted: JSON, in it a list of works (`data.items`, `data`, `items`) or one
 * (`data`, or the body itself), each with a `profile_id` (or `profileId`).
 */
export function shapeMistake(answers: "list" | "work", body: string): string | undefined {
  const parsed = parseJson(body);
  if (!isRecord(parsed) && !Array.isArray(parsed)) return "not a JSON object";
  const data: unknown = isRecord(parsed) && "data" in parsed ? parsed["data"] : parsed;
  if (answers === "work") return isWork(data) ? undefined : "no work in it";
  const items: unknown = isRecord(data) ? data["items"] : data;
  if (!Array.isArray(items)) return "no list in it";
  const wrong = items.findIndex((item) => !isWork(item));
  return wrong === -1 ? undefined : `item ${wrong} is no work`;
}

/** Why there is no good answer. @param errorCode of k6, 0 when there is none */
export function failureCause(status: number, errorCode: number): FailureCause {
  if (status === 0) {
    if (errorCode === 1050 || errorCode === 1211) return "timeout";
    if (errorCode === 1212) return "refused";
    return errorCode >= 1100 && errorCode < 1400 ? "connection" : "other";
  }
  if (status === 401 || status === 404 || status === 429 || status === 503) return `http_${status}`;
  return status >= 500 ? "http_5xx" : "other";
}

function isWork(value: unknown): boolean {
  const id = isRecord(value) ? (value["profile_id"] ?? value["profileId"]) : undefined;
  return typeof id === "string" && id !== "";
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

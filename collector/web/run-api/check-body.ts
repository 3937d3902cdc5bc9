import type { z } from "zod";
import { ApiFault } from "./api-fault.ts";

/** Holds a parsed body against the schema of its route. Throws: ApiFault 400 naming the first field that is wrong. */
export function checkBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  refusePrototypeKeys(body);
  const checked = schema.safeParse(body);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  if (issue === undefined) throw new ApiFault(400, "invalid_body", "the body is not as it should be");
  if (issue.code === "unrecognized_keys") throw unknownKeys(schema, issue.path, issue.keys);
  const field = fieldOf(issue.path);
  const more = checked.error.issues.length - 1;
  const others = more === 0 ? "" : ` (and ${more} more)`;
  throw new ApiFault(400, "invalid_body", `${field === "" ? "the body" : field}: ${wordsOf(issue)}${others}`, { field, hint: HINT });
}

const HINT = "GET /api/v1/openapi.json describes the bodies.";

function unknownKeys(schema: z.ZodType, path: readonly PropertyKey[], keys: readonly string[]): ApiFault {
  const names = keys.slice(0, 5).map((key) => JSON.stringify(shortened(key)));
  const known = path.length === 0 && "shape" in schema ? Object.keys(schema.shape as object) : [];
  return new ApiFault(400, "unknown_key", `unknown key ${names.join(", ")}${keys.length > 5 ? " and others" : ""}`, {
    field: fieldOf([...path, shortened(keys[0] ?? "")]),
    hint: known.length === 0 ? HINT : `Known here: ${known.join(", ")}.`,
  });
}

/** An issue of a key says itself what is wrong with the key. */
function wordsOf(issue: z.core.$ZodIssue): string {
  const inner = issue.code === "invalid_key" ? issue.issues[0] : undefined;
  return inner === undefined ? issue.message : `${inner.message} (the key)`;
}

/** `phases[0].name` */
function fieldOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, step) => (typeof step === "number" ? `${text}[${step}]` : `${text}${text === "" ? "" : "."}${shortened(String(step))}`),
    "",
  );
}

function shortened(key: string): string {
  return key.length > 80 ? `${key.slice(0, 80)}…` : key;
}

/** JSON.parse makes of `__proto__` a key like any other; whoever copies the object later would set its prototype. Without recursion: depth is the sender's. */
function refusePrototypeKeys(body: unknown): void {
  const waiting: unknown[] = [body];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value !== "object" || value === null) continue;
    if (Object.hasOwn(value, "__proto__"))
      throw new ApiFault(400, "unknown_key", "the key __proto__ is not allowed", { field: "__proto__", hint: HINT });
    for (const inner of Object.values(value)) waiting.push(inner);
  }
}

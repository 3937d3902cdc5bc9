import { LoadError } from "../../model/errors.ts";
import type { Gate, Mark, Run, RunConditions, RunPhase } from "../../model/run.ts";

/** The run API as the command line uses it (docs/openapi.json). */
export interface RunClient {
  /** undefined: nobody listens there. Throws: E_TARGET_UNAVAILABLE where somebody else does. */
  status(): Promise<RunApiStatus | undefined>;
  create(request: NewRun): Promise<Run>;
  /** False: the run is not open any more, somebody else has ended it. */
  update(id: string, changes: RunChanges): Promise<boolean>;
  /** A run that has been ended already stays as it is. */
  end(id: string): Promise<void>;
  mark(text: string, labels: Readonly<Record<string, string>>, kind?: Mark["kind"]): Promise<Mark>;
  progress(id: string): Promise<RunProgress>;
  /** The ledger file. */
  ledger(id: string): Promise<Uint8Array>;
}

export interface RunApiStatus {
  readonly version: string;
  readonly run: Run | null;
}

export interface NewRun {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly conditions: Partial<RunConditions>;
  readonly gates: readonly Gate[];
}

export interface RunChanges {
  readonly loadStartUnixMs?: number;
  readonly loadEndUnixMs?: number;
  readonly exit?: { readonly code: number | null; readonly signal: string | null };
  readonly phases?: readonly RunPhase[];
  readonly conditions?: Partial<RunConditions>;
}

export interface HopProgress {
  readonly hop: string;
  readonly requests: number;
  readonly failures: number;
  readonly p50Ms?: number | null;
  readonly p95Ms?: number | null;
}

export interface RunProgress {
  readonly hops: readonly HopProgress[];
  readonly witnesses: readonly { readonly hop: string; readonly witness: string; readonly items: number; readonly lastUnixMs: number }[];
}

const TIMEOUT_MS = 10_000;
/** Whoever listens answers this at once. */
const STATUS_TIMEOUT_MS = 3000;
const LEDGER_TIMEOUT_MS = 120_000;

export function openRunClient(baseUrl: string, token: string | undefined): RunClient {
  const ask = async (method: string, path: string, body?: unknown, timeoutMs = TIMEOUT_MS): Promise<Response> => {
    const headers = {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    try {
      return await fetch(new URL(`/api/v1${path}`, baseUrl), {
        method,
        headers,
        signal: AbortSignal.timeout(timeoutMs),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (cause) {
      throw new LoadError("E_TARGET_UNAVAILABLE", `the run API at ${baseUrl} does not answer: ${wordsOf(cause)}`, {
        cause,
        hint: isNobodyThere(cause)
          ? "Start a collector (`npm run otel:debug`), or give its address with --api."
          : "If something else listens there, give another address with --api; 127.0.0.1:0 takes a free one.",
      });
    }
  };
  const json = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await ask(method, path, body);
    if (!response.ok) throw await refusal(response, method, path);
    return (await response.json()) as T;
  };
  const at = (id: string) => `/runs/${encodeURIComponent(id)}`;
  return {
    async status() {
      let response: Response;
      try {
        response = await ask("GET", "/status", undefined, STATUS_TIMEOUT_MS);
      } catch (error) {
        if (error instanceof Error && isNobodyThere(error.cause)) return undefined;
        throw error;
      }
      if (response.status === 401) throw await refusal(response, "GET", "/status");
      const status: unknown = response.ok ? await response.json().catch(() => undefined) : undefined;
      if (isStatus(status)) return status;
      throw new LoadError("E_TARGET_UNAVAILABLE", `${baseUrl} is not a run API of Pitwall: it answers ${response.status}`, {
        hint: "Something else listens there: give another address with --api; 127.0.0.1:0 takes a free one.",
      });
    },
    create: (request) => json("POST", "/runs", request),
    update: async (id, changes) => (await unlessOver(json("PATCH", at(id), changes))) !== undefined,
    async end(id) {
      await unlessOver(json("POST", `${at(id)}/end`, {}));
    },
    mark: (text, labels, kind) => json("POST", "/marks", { text, labels, ...(kind === undefined ? {} : { kind }) }),
    progress: (id) => json("GET", `${at(id)}/progress`),
    async ledger(id) {
      const response = await ask("GET", `${at(id)}/ledger`, undefined, LEDGER_TIMEOUT_MS);
      if (!response.ok) throw await refusal(response, "GET", `${at(id)}/ledger`);
      return new Uint8Array(await response.arrayBuffer());
    },
  };
}

function isStatus(value: unknown): value is RunApiStatus {
  return typeof value === "object" && value !== null && "version" in value && "run" in value;
}

/** Of what `fetch` rejects with. */
function isNobodyThere(error: unknown): boolean {
  return error instanceof Error && codesOf(error.cause).includes("ECONNREFUSED");
}

function codesOf(error: unknown): readonly string[] {
  if (error instanceof AggregateError) return error.errors.flatMap(codesOf);
  return error instanceof Error && "code" in error && typeof error.code === "string" ? [error.code] : [];
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const codes = codesOf(error.cause);
  return codes.length > 0 ? codes.join(", ") : error.message;
}

/** The API understood, and said no. `answer` is its own code for that. */
class Refusal extends LoadError {
  readonly answer: unknown;
  constructor(code: "E_LEDGER" | "E_RUN_NOT_FOUND" | "E_TARGET_UNAVAILABLE" | "E_USAGE", message: string, hint: string | undefined, answer: unknown) {
    super(code, message, hint === undefined ? {} : { hint });
    this.answer = answer;
  }
}

/** undefined: the run is over. */
async function unlessOver<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Refusal && error.answer === "run_not_open") return undefined;
    throw error;
  }
}

async function refusal(response: Response, method: string, path: string): Promise<LoadError> {
  const body: unknown = await response.json().catch(() => undefined);
  const error = typeof body === "object" && body !== null && "error" in body ? (body.error as Readonly<Record<string, unknown>>) : {};
  const message = typeof error["message"] === "string" ? error["message"] : `${method} ${path} was answered with ${response.status}`;
  const said = typeof error["hint"] === "string" ? error["hint"] : undefined;
  switch (response.status) {
    case 400:
      return new Refusal("E_USAGE", message, said, error["code"]);
    case 401:
      return new Refusal("E_TARGET_UNAVAILABLE", `the run API: ${message}`, "Give the token with --token, or in PITWALL_TOKEN.", error["code"]);
    case 404:
      return new Refusal("E_RUN_NOT_FOUND", message, said, error["code"]);
    default: {
      const code = error["code"] === "ledger_unavailable" ? "E_LEDGER" : "E_TARGET_UNAVAILABLE";
      return new Refusal(code, message, said, error["code"]);
    }
  }
}

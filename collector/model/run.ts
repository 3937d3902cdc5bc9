/** Milliseconds since 1970 (UTC); fractions allowed. */
export type UnixMs = number;

/**
 * `open`: telemetry is being recorded. `closed`: ended in order. `abandoned`: whoever recorded it died; what it had written by then is all there
 * is (`pitwall report` finishes such a run).
 */
export type RunState = "open" | "closed" | "abandoned";

/** What began a run and what it was made with; everything that two runs must have in common to be compared. */
export interface RunConditions {
  /** As given, secrets replaced by `***`. [] where the run was opened without one. */
  readonly command: readonly string[];
  /** `k6 2.2.0`; "" when unknown. */
  readonly generator: string;
  /** Base URL or host of the target; "" when unknown. */
  readonly target: string;
  /** SHA-256 (hex) of the script that the command names; "" when there is none. */
  readonly scriptHash: string;
  /** Which data the target held: a name or hash that people give; "" when not given. */
  readonly dataset: string;
  /** Versions of whatever took part: `pitwall`, `node`, `k6`, `nginx`, service versions. */
  readonly versions: Readonly<Record<string, string>>;
  /** Of the machine that recorded: name, cpus, memory_bytes, os, kernel … */
  readonly host: Readonly<Record<string, string>>;
  /** The collector's configuration as YAML, secrets redacted; "" when not known. */
  readonly config: string;
  /** Environment of the command that shapes the load (SCENARIO, PEAK_RPS …), secrets redacted. */
  readonly environment: Readonly<Record<string, string>>;
}

export const NO_CONDITIONS: RunConditions = {
  command: [],
  generator: "",
  target: "",
  scriptHash: "",
  dataset: "",
  versions: {},
  host: {},
  config: "",
  environment: {},
};

/** A threshold as written, not yet held against anything. */
export interface Gate {
  /** `http_req_failed < 1%`, `p95{endpoint=GET /api/works} < 800ms`, `min(permits) > 0`, `trend(rss)`. */
  readonly expression: string;
  /** Phase or scenario that it is for; "" = the whole load. */
  readonly phase: string;
  /** For messages: `thresholds.yaml:4`, `preset spike`. */
  readonly source: string;
}

/** One load run. Its id is the file name of its ledger and the value of `loadtest.run.id`. */
export interface Run {
  /** Lower-case letters, digits, `-`, `_`, `.`: sorts by time (`20260512-045100-spike-3f2a`). */
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: RunState;
  /** When it was opened: what was recorded before the load is the rest to compare with. */
  readonly startUnixMs: UnixMs;
  /** When it was closed; undefined while it is open. */
  readonly endUnixMs: UnixMs | undefined;
  /** From when to when the generator ran; undefined where nobody said. */
  readonly loadStartUnixMs: UnixMs | undefined;
  readonly loadEndUnixMs: UnixMs | undefined;
  readonly conditions: RunConditions;
  /** What it will be judged by. */
  readonly gates: readonly Gate[];
  /** How the generator ended; undefined where there was none, or where it still runs. `code` null: by `signal`. */
  readonly exit: { readonly code: number | null; readonly signal: string | null } | undefined;
}

export type PhaseKind = "before" | "ramp" | "hold" | "cool" | "scenario" | "after";

/** A stretch of a run that is judged by itself. Phases of one source do not overlap; `scenario` ones may overlap the others. */
export interface RunPhase {
  readonly name: string;
  readonly kind: PhaseKind;
  readonly startUnixMs: UnixMs;
  readonly endUnixMs: UnixMs;
  /** `generator`: its scenarios or stages. `given`: by API or command line. `detected`: from the offered rate. */
  readonly source: "generator" | "given" | "detected";
}

/** Anything that happened at a moment of the run: a fault put in, a restart, an alert. */
export interface Mark {
  readonly timeUnixMs: UnixMs;
  readonly text: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `user`: by command or API. `alert`: an alert of ours fired or ended. `system`: Pitwall noticed it. */
  readonly kind: "user" | "alert" | "system";
}

/** Exit codes of the command line (sysexits.h where it has one; 99 as k6 for a failed verdict). */
export const EXIT = {
  ok: 0,
  usage: 64,
  inconclusive: 65,
  unavailable: 69,
  internal: 70,
  config: 78,
  verdict: 99,
  sigint: 130,
  sigterm: 143,
} as const;

/**
 * The one error table: code → exit code and what to do. Codes are never renamed once released; `docs/errors.md` is made from it.
 * A hint may be overridden where the place that raises the error knows better.
 */
export const ERRORS = {
  E_USAGE: { exitCode: EXIT.usage, hint: "Run `pitwall --help`." },
  E_NODE_VERSION: { exitCode: EXIT.unavailable, hint: "Install Node 24.12 or newer." },
  E_CONFIG_NOT_FOUND: { exitCode: EXIT.config, hint: "Check the path given with --config." },
  E_CONFIG_SYNTAX: { exitCode: EXIT.config, hint: "Correct the YAML at the place shown." },
  E_CONFIG_INVALID: { exitCode: EXIT.config, hint: "Correct the values at the places shown; `pitwall components` lists what exists." },
  E_PLUGIN: {
    exitCode: EXIT.config,
    hint: "A plugin exports constants made with receiver(), stage(), exporter() or extension() of `pitwall/define`.",
  },
  E_PORT_IN_USE: { exitCode: EXIT.unavailable, hint: "Stop the other process or choose another endpoint in the config (port 0 takes any free one)." },
  E_LISTEN: { exitCode: EXIT.unavailable, hint: "Check the endpoint in the config: the address must belong to this machine." },
  E_TARGET_UNAVAILABLE: { exitCode: EXIT.unavailable, hint: "Check that the target runs and that its address is right." },
  E_FILE: { exitCode: EXIT.unavailable, hint: "Check that the path exists and may be read and written." },
  E_OTELCOL_BIN: { exitCode: EXIT.unavailable, hint: "OTELCOL_BIN must name an OpenTelemetry Collector binary; unset it to run Pitwall's own." },
  E_WIRE_TRUNCATED: { exitCode: EXIT.internal, hint: "The message ends before its last field does; check the sender." },
  E_WIRE_MALFORMED: { exitCode: EXIT.internal, hint: "The bytes are not an OTLP message of this signal; check the sender's encoding and path." },
  E_WIRE_TOO_DEEP: { exitCode: EXIT.internal, hint: "Values are nested deeper than the limit; flatten them at the sender." },
  E_WIRE_TOO_LARGE: { exitCode: EXIT.internal, hint: "Send smaller batches, or raise max_request_body_size / max_recv_msg_size_mib." },
  E_JSON: { exitCode: EXIT.internal, hint: "The text is not OTLP/JSON of this signal; the message names the place." },
  E_LEDGER: {
    exitCode: EXIT.unavailable,
    hint: "Check that the folder of the runs may be written and has room (--runs-dir, or `directory` of the runs connector).",
  },
  E_RUN_NOT_FOUND: { exitCode: EXIT.usage, hint: "`pitwall runs` lists the runs that there are." },
  E_THRESHOLDS: { exitCode: EXIT.config, hint: "Correct the thresholds at the places shown; docs/load-runs.md has the grammar." },
  E_IMPORT: { exitCode: EXIT.inconclusive, hint: "`pitwall import --help` lists the formats; --format names one, --mapping describes any other." },
  E_COMMAND: { exitCode: EXIT.unavailable, hint: "Check the command after `--`: it must be on the PATH and executable." },
  E_INTERNAL: { exitCode: EXIT.internal, hint: "This is a fault in Pitwall: please report it with the text above." },
} as const satisfies Record<string, { exitCode: number; hint: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** Every error that Pitwall raises on purpose. `message` says what and where, `hint` what to do. */
export class LoadError extends Error {
  override readonly name = "LoadError";
  readonly code: ErrorCode;
  readonly hint: string;
  readonly exitCode: number;

  constructor(code: ErrorCode, message: string, options: { readonly hint?: string; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint ?? ERRORS[code].hint;
    this.exitCode = ERRORS[code].exitCode;
  }
}

/** By shape, not by class: a plugin or the bundle may carry its own copy of this file. */
export function isLoadError(error: unknown): error is LoadError {
  return error instanceof Error && "code" in error && typeof error.code === "string" && error.code in ERRORS && "hint" in error;
}

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { cpus, hostname, release, totalmem, type } from "node:os";
import { basename } from "node:path";
import { redactUrl } from "../../../config/redact-url.ts";
import { isSecretWord } from "../../../config/secret-words.ts";
import type { RunConditions } from "../../model/run.ts";
import { VERSION } from "../version.ts";

export interface ConditionsOptions {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly dataset: string;
  readonly target: string;
  /** The collector's configuration, secrets already redacted; "" when not known. */
  readonly config: string;
}

const HIDDEN = "***";
/** Variables that shape what k6 and the kit's scripts do; others may be anybody's and stay private. */
const LOAD_VARIABLES =
  /^(?:K6_(?!CLOUD)\w+|SCENARIO|BASE_URL|TARGET_URL|URL|VUS|MAX_VUS|PREALLOCATED_VUS|DURATION|HOLD|RAMP|START_RPS|PEAK_RPS|PEAK_HTTP_RPS|END_RPS|DETAIL_RATIO|PAUSE|RATE|REQUESTS_PER_ITERATION|ENDPOINT|WORKS_DATA|REQUEST_TIMEOUT|AUTH_TOKEN|MODE|CLIENTS|INTERVAL|SLOW_\w+)$/;
const SCRIPT = /\.(?:js|ts|mjs|cjs|py|lua|jmx|ya?ml|scala|java|json)$/;
/** A script is small; what is larger is data. */
const MAX_SCRIPT_BYTES = 8 * 1024 * 1024;
const VERSION_TIMEOUT_MS = 3000;
/** What the run API takes (docs/openapi.json); a command may be any length. */
const MAX_WORDS = 256;
const MAX_TEXT_CHARS = 4096;
const MAX_CONFIG_CHARS = 131_072;
const MAX_VARIABLES = 128;
/** In a word that is a whole script, a header or a cookie may stand anywhere. */
const HEADER_WITHIN =
  /\b((?:proxy-)?authorization|(?:set-)?cookie|x-api-key|[\w-]*-(?:token|secret))(["']?\s*:\s*)(?:(?:bearer|basic|token|digest)\s+)?[^"'\r\n]*/gi;
const ASSIGNMENT_WITHIN = /\b(\w*(?:token|secret|password|passwd|api_?key))=("[^"]*"|'[^']*'|[^\s"';&|]+)/gi;
/** `curl -u`, `ab -A`, `oha -a`: a name and a password with a colon between them. */
const LOGIN_OPTION = /^(?:-[uUaAP]|--user|--auth|--proxy-user|--basic-auth)$/;

/** What the run was made with, as it may be printed. */
export function runConditions({ command, env, dataset, target, config }: ConditionsOptions): Partial<RunConditions> {
  const generator = generatorVersion(command[0] ?? "", env);
  return {
    command: command.slice(0, MAX_WORDS).map((word, index) => clipped(redactedWord(word, command[index - 1]), MAX_TEXT_CHARS)),
    generator,
    target: clipped(redactUrl(target === "" ? (env["BASE_URL"] ?? env["TARGET_URL"] ?? "") : target, HIDDEN), MAX_TEXT_CHARS),
    scriptHash: scriptHash(command),
    dataset,
    versions: { pitwall: VERSION, node: process.versions.node, ...(generator === "" ? {} : { generator }) },
    host: {
      name: hostname(),
      cpus: `${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown"}`,
      memory_bytes: String(totalmem()),
      os: `${type()} ${release()}`,
    },
    config: clipped(config, MAX_CONFIG_CHARS),
    environment: loadEnvironment(env),
  };
}

function loadEnvironment(env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  const found = Object.entries(env).flatMap(([name, value]) => (value === undefined || !LOAD_VARIABLES.test(name) ? [] : [[name, value] as const]));
  return Object.fromEntries(
    found.slice(0, MAX_VARIABLES).map(([name, value]) => [name, isSecretWord(name) ? HIDDEN : clipped(redactUrl(value, HIDDEN), MAX_TEXT_CHARS)]),
  );
}

function clipped(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** `AUTH_TOKEN=…`, `--header "Authorization: …"`, `--password …` and URLs with credentials. */
function redactedWord(word: string, before: string | undefined): string {
  const assignment = /^(?<name>-{0,2}[\w.-]+)=(?<value>[\s\S]*)$/.exec(word)?.groups;
  if (assignment?.["name"] !== undefined && isSecretWord(assignment["name"])) return `${assignment["name"]}=${HIDDEN}`;
  const header = /^(?<name>[\w-]+):\s*\S/.exec(word)?.groups?.["name"];
  if (header !== undefined && (isSecretWord(header) || /^(?:authorization|cookie|proxy-authorization|x-api-key)$/i.test(header)))
    return `${header}: ${HIDDEN}`;
  if (before !== undefined && /^--?[\w-]+$/.test(before) && isSecretWord(before)) return HIDDEN;
  if (before !== undefined && LOGIN_OPTION.test(before) && isLogin(word, before)) return `${word.slice(0, word.indexOf(":"))}:${HIDDEN}`;
  if (assignment?.["name"] !== undefined) return `${assignment["name"]}=${redactedText(assignment["value"] ?? "")}`;
  return redactedText(word);
}

/** k6's -a is an address. */
function isLogin(word: string, option: string): boolean {
  return /^[^:/\s]+:[^/]/.test(word) && !(option === "-a" && /:\d{1,5}$/.test(word));
}

function redactedText(text: string): string {
  return redactUrl(text, HIDDEN).replaceAll(HEADER_WITHIN, `$1$2${HIDDEN}`).replaceAll(ASSIGNMENT_WITHIN, `$1=${HIDDEN}`);
}

/** `k6 2.2.0`; the bare name where it does not tell. Asked only of generators that are known to answer `--version` at once. */
function generatorVersion(file: string, env: Readonly<Record<string, string | undefined>>): string {
  const name = basename(file).replace(/\.exe$/i, "");
  if (!["k6", "wrk", "ab", "vegeta", "oha", "hey", "locust", "artillery", "autocannon", "h2load"].includes(name)) return name;
  const asked = spawnSync(file, [name === "k6" ? "version" : name === "ab" ? "-V" : "--version"], {
    encoding: "utf8",
    timeout: VERSION_TIMEOUT_MS,
    env: env as NodeJS.ProcessEnv,
  });
  const version = /\bv?(\d+\.\d+(?:\.\d+)?)/.exec(`${asked.stdout ?? ""}${asked.stderr ?? ""}`)?.[1];
  return version === undefined ? name : `${name} ${version}`;
}

/** Of the first word that is a script on disk; "" where there is none. */
function scriptHash(command: readonly string[]): string {
  for (const word of command.slice(1)) {
    if (!SCRIPT.test(word)) continue;
    try {
      if (statSync(word).size > MAX_SCRIPT_BYTES) continue;
      return createHash("sha256").update(readFileSync(word)).digest("hex");
    } catch {
      // Not a file of this folder: another word may be the script.
    }
  }
  return "";
}

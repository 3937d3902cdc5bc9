import { ACCEPTED, exporter, extension, receiver, stage, z } from "../../../collector/pipeline/define.ts";
import { duration, hostPort, secret } from "../../../collector/pipeline/settings.ts";
import { Catalogue } from "../../../config/catalogue.ts";
import { type LoadedConfig, loadConfig } from "../../../config/load.ts";
import { ConfigError, type Problem } from "../../../config/problem.ts";

/** Components that open nothing, with the shapes that real ones have. */
const running = async () => ({ push: () => ACCEPTED, async [Symbol.asyncDispose]() {} });
const all = ["traces", "metrics", "logs"] as const;

const server = (port: number) => z.strictObject({ endpoint: hostPort().default({ host: "127.0.0.1", port }), timeout: duration().default(0) });
const otlp = receiver({
  type: "otlp",
  about: "Fake.",
  signals: all,
  config: z.strictObject({
    protocols: z
      .strictObject({ grpc: server(4317).optional(), http: server(4318).optional() })
      .refine((protocols) => protocols.grpc !== undefined || protocols.http !== undefined, "must specify at least one protocol"),
  }),
  open: running,
});
const debug = exporter({
  type: "debug",
  about: "Fake.",
  signals: all,
  config: z.strictObject({ verbosity: z.enum(["basic", "normal", "detailed"]).default("basic"), sampling_initial: z.int().min(1).default(2) }),
  open: running,
});
const otlpGrpc = exporter({
  type: "otlp_grpc",
  aliases: ["otlp"],
  about: "Fake.",
  signals: all,
  config: z.strictObject({
    endpoint: z.string(),
    timeout: duration().default(5000),
    token: secret().optional(),
    headers: z.record(z.string(), z.string()).default({}),
    tls: z.strictObject({ insecure: z.boolean().default(false) }).prefault({}),
  }),
  open: running,
});
const tracesOnly = exporter({
  type: "traces_only",
  aliases: ["count"],
  about: "Fake.",
  signals: ["traces"],
  config: z.strictObject({}),
  open: running,
});
const batch = stage({ type: "batch", about: "Fake.", signals: all, config: z.strictObject({ timeout: duration().default(200) }), open: running });
const count = stage({ type: "count", about: "Fake.", signals: ["traces"], produces: ["metrics"], config: z.strictObject({}), open: running });
const forward = stage({ type: "forward", about: "Fake.", signals: all, produces: all, config: z.strictObject({}), open: running });
const health = extension({ type: "health_check", about: "Fake.", config: z.strictObject({ endpoint: hostPort().optional() }), open: running });
/** A config of every basic type, for the rows about values. */
const typed = exporter({
  type: "typed",
  about: "Fake.",
  signals: all,
  config: z.strictObject({
    text: z.string().optional(),
    int: z.int().optional(),
    bool: z.boolean().optional(),
    duration: duration().optional(),
    list: z.array(z.string()).optional(),
    map: z.record(z.string(), z.unknown()).optional(),
    any: z.unknown().optional(),
  }),
  open: running,
});

export const fakes = new Catalogue([otlp, debug, otlpGrpc, tracesOnly, batch, count, forward, health, typed]);

export type Env = Readonly<Record<string, string>>;

export function load(
  files: Readonly<Record<string, string>> | string,
  options: { env?: Env; sets?: readonly string[]; sources?: readonly string[] } = {},
): Promise<LoadedConfig> {
  const texts = typeof files === "string" ? { "c.yaml": files } : files;
  const readFile = (path: string): string => {
    const text = texts[path];
    if (text === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
    return text;
  };
  return loadConfig({ sources: options.sources ?? Object.keys(texts), sets: options.sets ?? [], env: options.env ?? {}, catalogue: fakes, readFile });
}

/** The problems of a configuration that must be wrong. */
export async function problemsOf(...args: Parameters<typeof load>): Promise<readonly Problem[]> {
  try {
    await load(...args);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error("the configuration was taken for valid");
}

/** `line:column path message` of each problem. */
export async function toldAbout(...args: Parameters<typeof load>): Promise<readonly string[]> {
  return (await problemsOf(...args)).map(({ place, path, message }) => `${place.line}:${place.column} ${path} ${message}`);
}

/** A small valid configuration round an exporter's body. */
export function withExporter(id: string, body: string): string {
  return `receivers: {otlp: {protocols: {http: }}}
exporters:
  ${id}:${body === "" ? "" : `\n${body.replace(/^/gm, "    ")}`}
service:
  pipelines:
    traces: {receivers: [otlp], exporters: [${id}]}
`;
}

import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

export const PROJECT_FOLDER: string = fileURLToPath(new URL("../../", import.meta.url));
/** Everything the installer makes; ignored by git. */
export const PEERS_FOLDER: string = join(PROJECT_FOLDER, ".peers");

/** Programs of other people that the interop tests and the bench run against, in the order the installer takes them. */
export const PEERS = {
  prometheus: { what: "Prometheus and promtool of Debian", inputs: [], commands: ["prometheus", "promtool"] },
  alertmanager: {
    what: "Alertmanager and amtool of Debian",
    inputs: [],
    commands: ["alertmanager", "amtool"],
  },
  prometheus3: { what: "Prometheus 3, built from its Go module", inputs: ["test/peers/go/prometheus3"], commands: ["prometheus3"] },
  "victoria-metrics": {
    what: "VictoriaMetrics single-node, built from its Go module",
    inputs: ["test/peers/go/victoria-metrics"],
    commands: ["victoria-metrics"],
  },
  "victoria-metrics-cluster": {
    what: "the three programs of a VictoriaMetrics cluster, built from their Go module",
    inputs: ["test/peers/go/victoria-metrics-cluster"],
    commands: ["vminsert", "vmselect", "vmstorage"],
  },
  "docker-compose": {
    what: "Docker Compose, built from its Go module",
    inputs: ["test/peers/go/docker-compose"],
    commands: ["docker-compose"],
  },
  nginx: { what: "nginx of Debian", inputs: [], commands: ["nginx"] },
  wrk: { what: "wrk of Debian: HTTP load of the bench", inputs: [], commands: ["wrk"] },
  h2load: { what: "h2load of Debian's nghttp2-client: gRPC load of the bench", inputs: [], commands: ["h2load"] },
  chromium: { what: "Chromium of Debian: the browser that the report is tried in", inputs: [], commands: ["chromium"] },
  k6: { what: "k6, built from its Go module", inputs: ["test/peers/go/k6"], commands: ["k6"] },
  otelcol: {
    what: "an OpenTelemetry Collector of core components, built from its Go modules",
    inputs: ["test/peers/go/go.mod", "test/peers/go/otelcol"],
    commands: ["otelcol"],
  },
  "client-golang": {
    what: "a registry of client_golang, which the exposition bench is compared with",
    inputs: ["test/peers/go/go.mod", "test/peers/go/clientgolang"],
    commands: ["client-golang"],
  },
  telemetrygen: {
    what: "telemetrygen, built from its Go module",
    inputs: ["test/peers/go/go.mod", "test/peers/go/telemetrygen"],
    commands: ["telemetrygen"],
  },
  snappy: { what: "the native snappy of npm: peer of the remote write bench", inputs: ["test/peers/node"], commands: [] },
  "sdk-go": { what: "a client with the Go SDK", inputs: ["test/peers/go/go.mod", "test/peers/go/sdkclient"], commands: ["sdk-go"] },
  "sdk-python": { what: "a client with the Python SDK", inputs: ["test/peers/clients/python"], commands: ["sdk-python"] },
  "sdk-rust": { what: "a client with the Rust SDK", inputs: ["test/peers/clients/rust"], commands: ["sdk-rust"] },
  "sdk-java": { what: "a client with the Java SDK", inputs: ["test/peers/clients/java"], commands: ["sdk-java"] },
} as const satisfies Record<string, { what: string; inputs: readonly string[]; commands: readonly string[] }>;

export type PeerName = keyof typeof PEERS;
export type CommandName = (typeof PEERS)[PeerName]["commands"][number];

export interface PeerCommand {
  readonly file: string;
  /** Come before the caller's own arguments. */
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

const DEBIAN = join(PEERS_FOLDER, "debian");
/** What programs unpacked from Debian's packages need; libpulse keeps a part of itself in a folder of its own. */
export const DEBIAN_ENVIRONMENT = {
  LD_LIBRARY_PATH: ["x86_64-linux-gnu", "aarch64-linux-gnu"]
    .flatMap((triplet) => [`usr/lib/${triplet}`, `usr/lib/${triplet}/pulseaudio`])
    .map((path) => join(DEBIAN, path))
    .join(delimiter),
};
const java = join(PEERS_FOLDER, "java");

const COMMANDS: Readonly<Record<CommandName, PeerCommand>> = {
  prometheus: debian("usr/bin/prometheus"),
  promtool: debian("usr/bin/promtool"),
  alertmanager: debian("usr/bin/prometheus-alertmanager"),
  amtool: debian("usr/bin/amtool"),
  prometheus3: built("bin/prometheus3"),
  "victoria-metrics": built("bin/victoria-metrics"),
  "docker-compose": built("bin/docker-compose"),
  vminsert: built("bin/vminsert"),
  vmselect: built("bin/vmselect"),
  vmstorage: built("bin/vmstorage"),
  nginx: debian("usr/sbin/nginx"),
  // Not usr/bin/chromium: that is a script which looks below /usr.
  chromium: debian("usr/lib/chromium/chromium"),
  wrk: debian("usr/bin/wrk"),
  h2load: debian("usr/bin/h2load"),
  k6: built("bin/k6"),
  otelcol: built("bin/otelcol"),
  "client-golang": built("bin/client-golang"),
  telemetrygen: built("bin/telemetrygen"),
  "sdk-go": built("bin/sdkclient"),
  "sdk-python": { ...built("python/bin/python"), arguments: [join(PROJECT_FOLDER, "test/peers/clients/python/client.py")] },
  "sdk-rust": built("rust/debug/sdkclient"),
  "sdk-java": {
    file: "java",
    arguments: ["-cp", [join(java, "sdkclient.jar"), join(java, "lib", "*")].join(delimiter), "pitwall.Client"],
    environment: {},
  },
};

/** How to run it. Throws where it is not installed: the test runner leaves such files out, so only a run by hand gets here. */
export function peerCommand(name: CommandName): PeerCommand {
  const peer = PEER_NAMES.find((candidate) => (PEERS[candidate].commands as readonly string[]).includes(name)) as PeerName;
  if (!isInstalled(peer)) throw new Error(`${peer} is not installed: npm run peers -- ${peer}`);
  const command = COMMANDS[name];
  if (existsSync(command.file)) return command;
  return { file: onPath(name) ?? command.file, arguments: command.arguments, environment: {} };
}

/** A package that a peer without commands brings. Throws where it is not installed. */
export function requirePeer(name: PeerName): unknown {
  if (!isInstalled(name)) throw new Error(`${name} is not installed: npm run peers -- ${name}`);
  return createRequire(join(PEERS_FOLDER, "node", "package.json"))(name);
}

export const PEER_NAMES = Object.keys(PEERS) as readonly PeerName[];

/** Installed by our script from the sources as they are now, or (for those that we do not build) found on the PATH. */
export function isInstalled(name: PeerName): boolean {
  const stamp = stampFile(name);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === inputsHash(name)) return true;
  return PEERS[name].inputs.length === 0 && PEERS[name].commands.every((command) => onPath(command) !== undefined);
}

/** Written last by the installer; holds the hash of what the peer was made from. */
export function stampFile(name: PeerName): string {
  return join(PEERS_FOLDER, "stamps", name);
}

export function inputsHash(name: PeerName): string {
  const hash = createHash("sha256").update(PEERS[name].what);
  for (const input of PEERS[name].inputs) {
    for (const file of filesBelow(join(PROJECT_FOLDER, input))) hash.update(file.slice(PROJECT_FOLDER.length)).update(readFileSync(file));
  }
  return hash.digest("hex");
}

/** The first executable of this name on the PATH. */
export function onPath(name: string): string | undefined {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function filesBelow(path: string): readonly string[] {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function debian(path: string): PeerCommand {
  return { file: join(DEBIAN, path), arguments: [], environment: DEBIAN_ENVIRONMENT };
}

function built(path: string): PeerCommand {
  return { file: join(PEERS_FOLDER, path), arguments: [], environment: {} };
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findProgram } from "../k6/find-program.ts";
import { ACCESS_LOG, NGINX_DEFAULTS, type NginxSettings, renderNginxConfig } from "./render-nginx-config.ts";

/** An nginx of our own: no root, no system files. Disposing it ends it and removes its folder where that was made here. */
export interface RunningNginx extends AsyncDisposable {
  /** `http://127.0.0.1:NNNNN` */
  readonly url: string;
  readonly folder: string;
  readonly accessLog: string;
  readonly errorLog: string;
  /** Resolves when nginx has ended, by itself or by `dispose`. */
  readonly ended: Promise<void>;
}

export type NginxOptions = Pick<NginxSettings, "upstream"> &
  Partial<Pick<NginxSettings, "format" | "keepalive" | "readTimeoutSeconds" | "more">> & {
    /** Port 0 takes a free one. Default `127.0.0.1:0`. */
    readonly listen?: string;
    /** Must exist, and stays. Default: a new one below the system's temporary folder, removed at the end. */
    readonly folder?: string;
  };

export class NginxFailed extends Error {
  override readonly name = "NginxFailed";
}

const READY_MS = 10_000;
const STOP_MS = 5000;

/** @throws NginxFailed with what to do, or with nginx's own words */
export async function startNginx(options: NginxOptions): Promise<RunningNginx> {
  const nginx = findProgram({ name: "nginx", variable: "NGINX_BIN", files: ["/usr/sbin/nginx"], peer: "debian/usr/sbin/nginx" }, process.env);
  if (nginx === undefined) throw new NginxFailed("nginx is not installed: install it, or set NGINX_BIN to its file, or run: npm run peers -- nginx");
  const { host, port } = await listenAddress(options.listen ?? "127.0.0.1:0");
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "pitwall-nginx-"));
  const config = join(folder, "nginx.conf");
  const user = process.getuid?.() === 0 ? "root" : "";
  writeFileSync(config, renderNginxConfig({ ...NGINX_DEFAULTS, user, ...options, listen: `${host}:${port}`, folder }));
  const child = spawn(nginx.file, ["-p", folder, "-c", config, "-e", join(folder, "error.log")], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, ...nginx.environment },
  });
  let words = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    words = `${words}${text}`.slice(-4000);
  });
  // SIGKILL would leave its workers, who go on listening.
  const kill = () => child.kill("SIGTERM");
  process.once("exit", kill);
  let hasEnded = false;
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.once("error", (error) => {
      words += error.message;
      resolve();
    });
  }).then(() => {
    hasEnded = true;
    process.off("exit", kill);
  });
  const stop = async () => {
    // SIGQUIT: nginx answers what is under way first.
    if (!hasEnded) child.kill("SIGQUIT");
    const timer = setTimeout(() => child.kill("SIGTERM"), STOP_MS);
    await ended;
    clearTimeout(timer);
    if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
  };
  if (!(await isListening(host, port, () => hasEnded))) {
    const log = hasEnded ? lastWords(join(folder, "error.log"), words) : `it does not listen on ${host}:${port} after ${READY_MS / 1000} s`;
    await stop();
    throw new NginxFailed(`nginx could not be started: ${log}`);
  }
  return {
    url: `http://${host}:${port}`,
    folder,
    accessLog: join(folder, ACCESS_LOG),
    errorLog: join(folder, "error.log"),
    ended,
    [Symbol.asyncDispose]: stop,
  };
}

/** nginx does not tell which port it took for 0, so one that is free now is looked for. */
async function listenAddress(text: string): Promise<{ readonly host: string; readonly port: number }> {
  const [, host, digits] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined || !(Number(digits) <= 65_535)) throw new NginxFailed(`${text} is not ADDRESS:PORT, like 127.0.0.1:8080`);
  if (Number(digits) !== 0) return { host, port: Number(digits) };
  const server = createServer().listen(0, host.replace(/^\[|\]$/g, ""));
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return { host, port: typeof address === "object" && address !== null ? address.port : 0 };
}

async function isListening(host: string, port: number, hasEnded: () => boolean): Promise<boolean> {
  const deadline = Date.now() + READY_MS;
  while (!hasEnded() && Date.now() < deadline) {
    const socket = connect(port, host.replace(/^\[|\]$/g, ""));
    const isOpen = await new Promise<boolean>((resolve) => socket.once("connect", () => resolve(true)).once("error", () => resolve(false)));
    socket.destroy();
    // Somebody else may hold the port while ours is about to fail.
    if (isOpen) return !hasEnded();
    await sleep(20);
  }
  return false;
}

function lastWords(errorLog: string, stderr: string): string {
  try {
    return `${stderr}${readFileSync(errorLog, "utf8").slice(-4000)}`.trim() || "it said nothing";
  } catch {
    return stderr.trim() || "it said nothing";
  }
}

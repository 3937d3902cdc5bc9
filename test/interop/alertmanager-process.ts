import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PEERS_FOLDER, peerCommand } from "../peers/peers.ts";
import { freePort, Process } from "./child-process.ts";

/** A real Alertmanager of its own: no cluster, an empty folder. */
export interface AlertmanagerProcess extends AsyncDisposable {
  /** For Prometheus' `alertmanagers` target. */
  readonly address: string;
}

/** `config`: the text of its YAML file. */
export async function startAlertmanager(config: string): Promise<AlertmanagerProcess> {
  const folder = mkdtempSync(join(tmpdir(), "pitwall-alertmanager-"));
  const port = await freePort();
  writeFileSync(join(folder, "alertmanager.yml"), config);
  const { file, arguments: first, environment } = peerCommand("alertmanager");
  const [program, ...before] = [...withTemplates(), file, ...first];
  const process = new Process({
    file: program as string,
    arguments: [
      ...before,
      `--config.file=${join(folder, "alertmanager.yml")}`,
      `--storage.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--cluster.listen-address=",
    ],
    environment,
  });
  await process.waitFor("listening message", () => (process.stderr.includes("Listening on") ? true : undefined));
  return {
    address: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      await process.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Debian's build reads its message templates from here, and from nowhere else. */
const TEMPLATES = "/usr/share/prometheus/alertmanager/default.tmpl";

/** Where the package is only unpacked, not installed: a mount namespace of its own in which its /usr/share is the system's. */
function withTemplates(): readonly string[] {
  const unpacked = join(PEERS_FOLDER, "debian/usr/share");
  if (existsSync(TEMPLATES) || !existsSync(join(unpacked, "prometheus"))) return [];
  return ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", 'mount --bind "$0" /usr/share && exec "$@"', unpacked];
}

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { setPriority } from "node:os";
import { join } from "node:path";
import { inputsHash, isInstalled, onPath, PEER_NAMES, PEERS, PEERS_FOLDER, type PeerName, stampFile } from "./peers.ts";
import { RECIPES } from "./recipes.ts";
import { runLogged } from "./run-logged.ts";

/** sysexits.h EX_USAGE and EX_UNAVAILABLE. */
const EXIT_USAGE = 64;
const EXIT_UNAVAILABLE = 69;

/** Installs the named peers (all of them by default) into `.peers/`. Those that are there already are left alone. Gives an exit code. */
async function installPeers(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !PEER_NAMES.includes(name as PeerName));
  if (unknown.length > 0) {
    say(`There is no peer ${unknown.map((name) => `"${name}"`).join(", ")}. Known: ${PEER_NAMES.join(", ")}.`);
    return EXIT_USAGE;
  }
  // Builds give way to whatever else runs on the machine.
  setPriority(10);
  mkdirSync(join(PEERS_FOLDER, "log"), { recursive: true });
  mkdirSync(join(PEERS_FOLDER, "stamps"), { recursive: true });
  const failed: string[] = [];
  for (const name of names.length === 0 ? PEER_NAMES : (names as readonly PeerName[])) if (!(await installPeer(name))) failed.push(name);
  if (failed.length === 0) return 0;
  say(`Not installed: ${failed.join(", ")}. The tests that need them will not run.`);
  return EXIT_UNAVAILABLE;
}

async function installPeer(name: PeerName): Promise<boolean> {
  if (isInstalled(name)) {
    say(`${name}: there already`);
    return true;
  }
  const recipe = RECIPES[name];
  const lacking = Object.entries(recipe.tools).filter(([tool]) => onPath(tool) === undefined);
  if (lacking.length > 0) {
    for (const [tool, bringer] of lacking) say(`${name}: cannot be installed without ${tool}. It comes with ${bringer}.`);
    return false;
  }
  const logFile = join(PEERS_FOLDER, "log", `${name}.log`);
  rmSync(logFile, { force: true });
  say(`${name}: installing ${PEERS[name].what} …`);
  const startMs = performance.now();
  try {
    await recipe.install(runLogged(logFile));
  } catch (error) {
    say(`${name}: failed. ${error instanceof Error ? error.message : String(error)}\n(all of it: ${logFile})`);
    return false;
  }
  writeFileSync(stampFile(name), inputsHash(name));
  say(`${name}: installed in ${((performance.now() - startMs) / 1000).toFixed(0)} s`);
  return true;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

process.exitCode = await installPeers(process.argv.slice(2));

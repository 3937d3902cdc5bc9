import { accessSync, constants, existsSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** A program of somebody else, and how to run it. */
export interface FoundProgram {
  readonly file: string;
  /** To be set beside the own environment. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface ProgramSearch {
  /** On the PATH; `.exe` is tried too. */
  readonly name: string;
  /** Variable that names the file; where it is set, nothing else is looked at. */
  readonly variable: string;
  /** Beside the PATH: of an own installation, e.g. `/usr/sbin/nginx`. */
  readonly files?: readonly string[];
  /** Below `.peers`, where `npm run peers` puts programs. */
  readonly peer: string;
}

const PEERS = fileURLToPath(new URL("../../.peers/", import.meta.url));
/** Programs taken out of Debian packages bring their libraries along. */
const DEBIAN_LIBRARIES = ["x86_64-linux-gnu", "aarch64-linux-gnu"].map((machine) => join(PEERS, "debian/usr/lib", machine)).join(delimiter);

/** Undefined: not installed, or the variable names no program. */
export function findProgram(search: ProgramSearch, env: Readonly<Record<string, string | undefined>>): FoundProgram | undefined {
  const named = env[search.variable];
  if (named !== undefined && named !== "") {
    const file = isProgram(named) ? named : /[/\\]/.test(named) ? undefined : onPath(named, env);
    return file === undefined ? undefined : { file, environment: {} };
  }
  const own = onPath(search.name, env) ?? search.files?.find(isProgram);
  if (own !== undefined) return { file: own, environment: {} };
  const peer = join(PEERS, search.peer);
  if (!existsSync(peer)) return undefined;
  return { file: peer, environment: search.peer.startsWith("debian/") ? { LD_LIBRARY_PATH: DEBIAN_LIBRARIES } : {} };
}

function onPath(name: string, env: Readonly<Record<string, string | undefined>>): string | undefined {
  const folders = (env["PATH"] ?? env["Path"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.flatMap((folder) => [join(folder, name), join(folder, `${name}.exe`)]).find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

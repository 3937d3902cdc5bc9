import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * procfs, below a folder that tests put another one in the place of. Small files are read at once: the kernel makes them up in
 * microseconds, a trip to the thread pool costs more. What cannot be read is undefined: a process may be gone, or another user's.
 */
export class ProcFiles {
  readonly #root: string;

  constructor(root = "/proc") {
    this.#root = root;
  }

  text(path: string): string | undefined {
    try {
      return readFileSync(join(this.#root, path), "utf8");
    } catch {
      return undefined;
    }
  }

  /** For tables that grow with the load. */
  async largeText(path: string): Promise<string> {
    return readFile(join(this.#root, path), "utf8").catch(() => "");
  }

  async names(path: string): Promise<readonly string[] | undefined> {
    return readdir(join(this.#root, path)).catch(() => undefined);
  }

  path(path: string): string {
    return join(this.#root, path);
  }
}

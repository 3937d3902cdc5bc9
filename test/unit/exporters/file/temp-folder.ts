import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TempFolder extends AsyncDisposable {
  path(name: string): string;
  readonly folder: string;
}

export async function tempFolder(): Promise<TempFolder> {
  const folder = await mkdtemp(join(tmpdir(), "pitwall-file-"));
  return {
    folder,
    path: (name) => join(folder, name),
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
    },
  };
}

import { join } from "node:path";
import { Process } from "../interop/child-process.ts";
import { PROJECT_FOLDER } from "../peers/peers.ts";

export interface DiscardServer extends AsyncDisposable {
  readonly pid: number;
  readonly endpoint: string;
  count(): Promise<{ readonly requests: number; readonly bytes: number }>;
}

/** The least that a Node HTTP server can do with a body: the bound of what any collector on it can reach, and a target that is never the bottleneck. */
export async function startDiscardServer(cores: string): Promise<DiscardServer> {
  const process_ = new Process({ file: process.execPath, arguments: [join(PROJECT_FOLDER, "test/bench/discard-server.ts")], cores });
  const port = await process_.waitFor("port", () => /^(\d+)\n/.exec(process_.stdout)?.[1]);
  const endpoint = `127.0.0.1:${port}`;
  return {
    pid: process_.pid,
    endpoint,
    async count() {
      return (await (await fetch(`http://${endpoint}/count`)).json()) as { requests: number; bytes: number };
    },
    [Symbol.asyncDispose]: () => process_[Symbol.asyncDispose](),
  };
}

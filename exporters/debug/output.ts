import { type FileHandle, open } from "node:fs/promises";
import { LoadError } from "../../collector/model/errors.ts";

/** UTF-16 units of text that may wait for a slow reader; who comes then waits with its batch unread, so that it is not held twice. */
const MAX_WAITING_LENGTH = 4_194_304;

/** Writes texts in their order and holds back whoever would make more of them than the reader takes. */
export class Backlog {
  readonly #output: Output;
  #waitingLength = 0;
  #held: (() => void)[] = [];

  constructor(output: Output) {
    this.#output = output;
  }

  /** `render` is called when there is room: at once, mostly. `failed` says what a text means that cannot be written. */
  write(render: () => string, failed: (error: unknown) => never): Promise<void> {
    return this.#waitingLength <= MAX_WAITING_LENGTH ? this.#write(render(), failed) : this.#writeInTurn(render, failed);
  }

  async #writeInTurn(render: () => string, failed: (error: unknown) => never): Promise<void> {
    while (this.#waitingLength > MAX_WAITING_LENGTH) await new Promise<void>((wake) => this.#held.push(wake));
    return this.#write(render(), failed);
  }

  async #write(text: string, failed: (error: unknown) => never): Promise<void> {
    this.#waitingLength += text.length;
    try {
      await this.#output.write(text);
    } catch (error) {
      failed(error);
    } finally {
      this.#waitingLength -= text.length;
      for (const wake of this.#held.splice(0)) wake();
    }
  }
}

/** Where the text goes; `write` resolves when the last writer wants more. */
export interface Output extends AsyncDisposable {
  write(text: string): Promise<void>;
}

/** `output_paths`: `stdout`, `stderr` or files, which are appended to. Throws: E_FILE. */
export async function openOutput(paths: readonly string[], stdout: (text: string) => Promise<void>): Promise<Output> {
  await using opened = new AsyncDisposableStack();
  const writers: ((text: string) => Promise<void>)[] = [];
  for (const path of paths) {
    if (path === "stdout") writers.push(stdout);
    else if (path === "stderr") writers.push(writeStderr);
    else {
      const file = await openAppending(path);
      opened.defer(() => file.close());
      writers.push(async (text) => {
        await file.appendFile(text);
      });
    }
  }
  const files = opened.move();
  const [only] = writers;
  return {
    write: writers.length === 1 && only !== undefined ? only : async (text) => void (await Promise.all(writers.map((writer) => writer(text)))),
    [Symbol.asyncDispose]: () => files.disposeAsync(),
  };
}

async function openAppending(path: string): Promise<FileHandle> {
  try {
    return await open(path, "a");
  } catch (error) {
    throw new LoadError("E_FILE", `output_paths: "${path}" cannot be opened: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

function writeStderr(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stderr.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

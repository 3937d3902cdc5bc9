import { styleText } from "node:util";
import { LoadError } from "../model/errors.ts";

type Style = Parameters<typeof styleText>[0];

/** What the commands know of the process they run in; tests give their own. People's text goes to stderr, data to stdout. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  writeError(text: string): void;
  /** Resolves when the text is handed to the system and more is wanted. Rejects with E_FILE when nobody reads any more. */
  writeOut(text: string | Uint8Array): Promise<void>;
  /** For stderr: coloured on a terminal unless NO_COLOR or --no-color say otherwise. */
  style(style: Style, text: string): string;
}

export function processTerminal(): Terminal {
  // A reader that goes away (`| head`) is told by the write's own callback; without a listener it would end the process.
  process.stdout.on("error", () => {});
  process.stderr.on("error", () => {});
  return {
    env: process.env,
    writeError: (text) => {
      process.stderr.write(text);
    },
    writeOut: (text) =>
      new Promise((resolve, reject) => {
        process.stdout.write(text, (error) => {
          if (error)
            reject(new LoadError("E_FILE", `stdout cannot be written: ${error.message}`, { cause: error, hint: "Whoever read it has gone away." }));
          else resolve();
        });
      }),
    style: (style, text) => styleText(style, text, { stream: process.stderr }),
  };
}

/** For documents on stdout: coloured and as wide as that stream allows, whatever stderr is. */
export function stdoutLook(): { readonly style: (style: Style, text: string) => string; readonly columns?: number } {
  const { columns } = process.stdout;
  return { style: (style, text) => styleText(style, text, { stream: process.stdout }), ...(columns === undefined ? {} : { columns }) };
}

/** How long the end waits for a reader that has stopped reading, ms. */
const FLUSH_MS = 1000;

/** Waits until what was written has left the process, as pipes are slower than process.exit; a reader that is stuck is not waited for long. */
export async function flushed(): Promise<void> {
  const written = [process.stdout, process.stderr].map(
    (stream) => new Promise<void>((resolve) => (stream.writable ? stream.write("", () => resolve()) : resolve())),
  );
  await Promise.race([Promise.all(written), new Promise((resolve) => setTimeout(resolve, FLUSH_MS).unref())]);
}

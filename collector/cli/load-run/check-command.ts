import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { LoadError } from "../../model/errors.ts";

/**
 * Tells before anything is started that there is no such program. What the system can tell better when it starts it passes: scripts without a
 * first line, and all of Windows, where names are completed. Throws: E_USAGE without a command, E_COMMAND.
 */
export function checkCommand(command: readonly string[], env: Readonly<Record<string, string | undefined>>): void {
  const [file] = command;
  if (file === undefined || file.trim() === "") {
    throw new LoadError("E_USAGE", "no command: write it after `--`", { hint: "pitwall run --name spike -- k6 run script.js" });
  }
  const path = env["PATH"];
  if (process.platform === "win32" || path === undefined) return;
  if (file.includes("/")) {
    if (!isProgram(file)) throw new LoadError("E_COMMAND", `"${file}" cannot be run: it is no file that may be executed`);
    return;
  }
  if (path.split(delimiter).some((folder) => isProgram(join(folder === "" ? "." : folder, file)))) return;
  throw new LoadError("E_COMMAND", `"${file}" cannot be run: there is no such program on the PATH`);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

import { type ErrorCode, isLoadError, LoadError } from "../model/errors.ts";

/** What the operating system's words mean for whoever starts a collector. */
const BY_SYSTEM_CODE: Readonly<Record<string, ErrorCode>> = {
  EADDRINUSE: "E_PORT_IN_USE",
  EADDRNOTAVAIL: "E_LISTEN",
  EACCES: "E_LISTEN",
  ENOTFOUND: "E_LISTEN",
  ENOENT: "E_FILE",
  EISDIR: "E_FILE",
  ENOTDIR: "E_FILE",
  EPERM: "E_FILE",
  EROFS: "E_FILE",
};

/** Why a component did not open, naming it. Its own LoadErrors pass as they are. */
export function openFault(kind: string, id: string, error: unknown): LoadError {
  if (isLoadError(error)) return error;
  const systemCode = error instanceof Error && "code" in error ? String(error.code) : "";
  const message = error instanceof Error ? error.message : String(error);
  const code = systemCode === "EACCES" && !message.includes("listen") ? "E_FILE" : (BY_SYSTEM_CODE[systemCode] ?? "E_INTERNAL");
  return new LoadError(code, `${kind} ${id} could not be opened: ${message}`, { cause: error });
}

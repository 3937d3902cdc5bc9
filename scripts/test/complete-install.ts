import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

interface LockedPackage {
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
}

export interface Machine {
  readonly platform: string;
  readonly arch: string;
  readonly libc: "glibc" | "musl" | undefined;
}

/**
 * Adds what npm left out because it ran on an older Node than the scripts do: it skips an optional package (native parts of the test runner)
 * whose `engines` the system's Node does not meet, without a word. The same npm, run on our Node, takes them from the lockfile.
 */
export function completeInstall(lockFile = "package-lock.json"): void {
  const missing = missingParts(readFileSync(lockFile, "utf8"), thisMachine(), existsSync);
  if (missing.length === 0) return;
  const npm = process.env["npm_execpath"];
  console.log(`npm ran on an older Node and left out ${missing.join(", ")}; adding what is missing …`);
  if (npm === undefined) throw new Error("run this through npm (`npm test`), which can add them");
  execFileSync(process.execPath, [npm, "install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"], { stdio: "inherit" });
}

/** Folders of optional packages that are made for this machine and are not there. */
export function missingParts(lockText: string, machine: Machine, isThere: (folder: string) => boolean): readonly string[] {
  const { packages } = JSON.parse(lockText) as { readonly packages: Readonly<Record<string, LockedPackage>> };
  return Object.entries(packages)
    .filter(([folder, locked]) => locked.optional === true && locked.os !== undefined && fits(locked, machine) && !isThere(folder))
    .map(([folder]) => folder);
}

function fits({ os, cpu, libc }: LockedPackage, machine: Machine): boolean {
  const has = (list: readonly string[] | undefined, word: string | undefined) => list === undefined || (word !== undefined && list.includes(word));
  return has(os, machine.platform) && has(cpu, machine.arch) && has(libc, machine.libc);
}

function thisMachine(): Machine {
  const { header } = process.report.getReport() as { readonly header: { readonly glibcVersionRuntime?: string } };
  const libc = process.platform !== "linux" ? undefined : header.glibcVersionRuntime === undefined ? "musl" : "glibc";
  return { platform: process.platform, arch: process.arch, libc };
}

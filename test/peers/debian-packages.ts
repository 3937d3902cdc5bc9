import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PEERS_FOLDER } from "./peers.ts";
import type { Run } from "./run-logged.ts";

const root = join(PEERS_FOLDER, "debian");

/** Which package brings a shared library that the image may lack (Debian 12). */
const PACKAGE_OF_LIBRARY: Readonly<Record<string, string>> = {
  "libev.so.4": "libev4",
  "libjansson.so.4": "libjansson4",
  "libjemalloc.so.2": "libjemalloc2",
  "libluajit-5.1.so.2": "libluajit-5.1-2",
  "libnghttp2.so.14": "libnghttp2-14",
  "libpcre2-8.so.0": "libpcre2-8-0",
  "libxml2.so.2": "libxml2",
};

/** Downloads a package and the libraries that its binaries lack, and unpacks them below `.peers/debian`: nothing is installed system-wide. */
export async function unpackDebianPackage(packageName: string, binaries: readonly string[], run: Run): Promise<void> {
  if (!(await isKnown(packageName, run))) await run("apt-get", ["update", "--quiet"]);
  await downloadAndUnpack([packageName], run);
  for (const binary of binaries) {
    const file = join(root, binary);
    if (!existsSync(file)) throw new Error(`the package ${packageName} has no /${binary}`);
    await addMissingLibraries(file, run);
  }
}

async function isKnown(packageName: string, run: Run): Promise<boolean> {
  const policy = await run("apt-cache", ["policy", packageName]);
  return /Candidate: (?!\(none\))\S/.test(policy);
}

async function addMissingLibraries(file: string, run: Run): Promise<void> {
  const missing = [...(await run("env", [`LD_LIBRARY_PATH=${libraryPath()}`, "ldd", file])).matchAll(/^\s*(\S+) => not found$/gm)].map(
    (match) => match[1] as string,
  );
  if (missing.length === 0) return;
  const unknown = missing.filter((library) => PACKAGE_OF_LIBRARY[library] === undefined);
  if (unknown.length > 0) throw new Error(`${file} needs ${unknown.join(", ")}, and no package is known to bring it`);
  await downloadAndUnpack([...new Set(missing.map((library) => PACKAGE_OF_LIBRARY[library] as string))], run);
}

function libraryPath(): string {
  return ["x86_64-linux-gnu", "aarch64-linux-gnu"].map((triplet) => join(root, "usr/lib", triplet)).join(":");
}

async function downloadAndUnpack(packages: readonly string[], run: Run): Promise<void> {
  mkdirSync(root, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), "pitwall-peers-"));
  try {
    await run("apt-get", ["download", "--quiet", ...packages], { folder });
    for (const file of readdirSync(folder)) await run("dpkg", ["-x", join(folder, file), root]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

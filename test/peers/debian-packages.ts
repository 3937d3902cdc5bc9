import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEBIAN_ENVIRONMENT, PEERS_FOLDER } from "./peers.ts";
import type { Run } from "./run-logged.ts";

const root = join(PEERS_FOLDER, "debian");

/** Which package brings a shared library that the image may lack (Debian 12). */
const PACKAGE_OF_LIBRARY: Readonly<Record<string, string>> = {
  "libasound.so.2": "libasound2",
  "libasyncns.so.0": "libasyncns0",
  "libatk-1.0.so.0": "libatk1.0-0",
  "libatk-bridge-2.0.so.0": "libatk-bridge2.0-0",
  "libatspi.so.0": "libatspi2.0-0",
  "libavahi-client.so.3": "libavahi-client3",
  "libavahi-common.so.3": "libavahi-common3",
  "libbrotlicommon.so.1": "libbrotli1",
  "libbrotlidec.so.1": "libbrotli1",
  "libbsd.so.0": "libbsd0",
  "libcairo.so.2": "libcairo2",
  "libcups.so.2": "libcups2",
  "libdatrie.so.1": "libdatrie1",
  "libdav1d.so.6": "libdav1d6",
  "libdbus-1.so.3": "libdbus-1-3",
  "libdouble-conversion.so.3": "libdouble-conversion3",
  "libdrm.so.2": "libdrm2",
  "libev.so.4": "libev4",
  "libexpat.so.1": "libexpat1",
  "libFLAC.so.12": "libflac12",
  "libfontconfig.so.1": "libfontconfig1",
  "libfreetype.so.6": "libfreetype6",
  "libfribidi.so.0": "libfribidi0",
  "libgbm.so.1": "libgbm1",
  "libgio-2.0.so.0": "libglib2.0-0",
  "libglib-2.0.so.0": "libglib2.0-0",
  "libgmodule-2.0.so.0": "libglib2.0-0",
  "libgobject-2.0.so.0": "libglib2.0-0",
  "libgraphite2.so.3": "libgraphite2-3",
  "libgssapi_krb5.so.2": "libgssapi-krb5-2",
  "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
  "libharfbuzz.so.0": "libharfbuzz0b",
  "libjansson.so.4": "libjansson4",
  "libjemalloc.so.2": "libjemalloc2",
  "libjpeg.so.62": "libjpeg62-turbo",
  "libk5crypto.so.3": "libk5crypto3",
  "libkeyutils.so.1": "libkeyutils1",
  "libkrb5.so.3": "libkrb5-3",
  "libkrb5support.so.0": "libkrb5support0",
  "liblcms2.so.2": "liblcms2-2",
  "libluajit-5.1.so.2": "libluajit-5.1-2",
  "libminizip.so.1": "libminizip1",
  "libmp3lame.so.0": "libmp3lame0",
  "libmpg123.so.0": "libmpg123-0",
  "libnghttp2.so.14": "libnghttp2-14",
  "libnspr4.so": "libnspr4",
  "libnss3.so": "libnss3",
  "libnssutil3.so": "libnss3",
  "libogg.so.0": "libogg0",
  "libopenh264.so.7": "libopenh264-7",
  "libopenjp2.so.7": "libopenjp2-7",
  "libopus.so.0": "libopus0",
  "libpango-1.0.so.0": "libpango-1.0-0",
  "libpcre2-8.so.0": "libpcre2-8-0",
  "libpixman-1.so.0": "libpixman-1-0",
  "libplc4.so": "libnspr4",
  "libplds4.so": "libnspr4",
  "libpng16.so.16": "libpng16-16",
  "libpulse.so.0": "libpulse0",
  "libsmime3.so": "libnss3",
  "libsndfile.so.1": "libsndfile1",
  "libthai.so.0": "libthai0",
  "libvorbis.so.0": "libvorbis0a",
  "libvorbisenc.so.2": "libvorbisenc2",
  "libwayland-server.so.0": "libwayland-server0",
  "libX11-xcb.so.1": "libx11-xcb1",
  "libX11.so.6": "libx11-6",
  "libXau.so.6": "libxau6",
  "libxcb-render.so.0": "libxcb-render0",
  "libxcb-shm.so.0": "libxcb-shm0",
  "libxcb.so.1": "libxcb1",
  "libXcomposite.so.1": "libxcomposite1",
  "libXdamage.so.1": "libxdamage1",
  "libXdmcp.so.6": "libxdmcp6",
  "libXext.so.6": "libxext6",
  "libXfixes.so.3": "libxfixes3",
  "libXi.so.6": "libxi6",
  "libxkbcommon.so.0": "libxkbcommon0",
  "libxml2.so.2": "libxml2",
  "libXNVCtrl.so.0": "libxnvctrl0",
  "libXrandr.so.2": "libxrandr2",
  "libXrender.so.1": "libxrender1",
};

/** Downloads packages and the libraries that their binaries lack, and unpacks them below `.peers/debian`: nothing is installed system-wide. */
export async function unpackDebianPackages(packages: readonly string[], binaries: readonly string[], run: Run): Promise<void> {
  const known = await Promise.all(packages.map((name) => isKnown(name, run)));
  if (known.includes(false)) await run("apt-get", ["update", "--quiet"]);
  await downloadAndUnpack(packages, run);
  for (const binary of binaries) {
    const file = join(root, binary);
    if (!existsSync(file)) throw new Error(`${packages.join(", ")}: no /${binary}`);
    await addMissingLibraries(file, run);
  }
}

async function isKnown(packageName: string, run: Run): Promise<boolean> {
  const policy = await run("apt-cache", ["policy", packageName]);
  return /Candidate: (?!\(none\))\S/.test(policy);
}

/** Libraries have libraries of their own: asked again until nothing is missing. */
async function addMissingLibraries(file: string, run: Run): Promise<void> {
  const tried = new Set<string>();
  for (;;) {
    const missing = await missingLibraries(file, run);
    if (missing.length === 0) return;
    const hopeless = missing.filter((library) => PACKAGE_OF_LIBRARY[library] === undefined || tried.has(library));
    if (hopeless.length > 0) throw new Error(`${file} needs ${hopeless.join(", ")}, and no package is known to bring it`);
    for (const library of missing) tried.add(library);
    await downloadAndUnpack([...new Set(missing.map((library) => PACKAGE_OF_LIBRARY[library] as string))], run);
  }
}

async function missingLibraries(file: string, run: Run): Promise<readonly string[]> {
  const listed = await run("env", [`LD_LIBRARY_PATH=${DEBIAN_ENVIRONMENT.LD_LIBRARY_PATH}`, "ldd", file]);
  return [...new Set([...listed.matchAll(/^\s*(\S+) => not found$/gm)].map((match) => match[1] as string))];
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

import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { type BuildOptions, build, type Metafile, type Plugin } from "esbuild";

/**
 * Makes `dist/`: the command line as a few CommonJS files (the gRPC client and load runs apart), `pitwall/define` and `pitwall/instrument` as ES modules with their
 * types, and the licences of what is inside. Run by `npm ci` (prepare).
 */
const root = resolve(import.meta.dirname, "..");
const dist = join(root, "dist");
/** Built aside and put in place when it is whole: a running launcher never meets half a build. */
const fresh = join(root, ".pitwall", `build-${process.pid}`);

const REPORT_ASSETS = ["node_modules/uplot/dist/uPlot.iife.min.js", "node_modules/uplot/dist/uPlot.min.css"];

/** zod brings its messages in fifty languages; only English is read (300 KB, and their memory). */
const englishOnly: Plugin = {
  name: "english-only",
  setup(bundle) {
    bundle.onLoad({ filter: /zod[\\/]v4[\\/]locales[\\/]index\.(js|cjs)$/ }, () => ({ contents: "export {};", loader: "js" }));
  },
};

/** grpc-js reads .proto files only for its channelz service, which nobody opens here (170 KB with protobufjs). */
const noProtoFiles: Plugin = {
  name: "no-proto-files",
  setup(bundle) {
    bundle.onResolve({ filter: /^@grpc\/proto-loader$/ }, ({ path }) => ({ path, namespace: "no-proto-files" }));
    bundle.onLoad({ filter: /./, namespace: "no-proto-files" }, () => ({ contents: "exports.loadSync = undefined;", loader: "js" }));
  },
};

/** The run API takes UTF-8 only; iconv-lite's tables of other encodings are half a megabyte. */
const unicodeOnly: Plugin = {
  name: "unicode-only",
  setup(bundle) {
    bundle.onLoad({ filter: /iconv-lite[\\/]encodings[\\/](?:[ds]bcs-.*|utf7|utf16|utf32)\.js$/ }, () => ({
      contents: "module.exports = {};",
      loader: "js",
    }));
  },
};

/** The gRPC client is a quarter of the text of the bundle and runs only where it is configured: a file of its own, read then. */
const grpcApart: Plugin = {
  name: "grpc-apart",
  setup(bundle) {
    bundle.onResolve({ filter: /^@grpc\/grpc-js$/ }, ({ kind }) => (kind === "dynamic-import" ? { path: "./grpc.cjs", external: true } : undefined));
  },
};

/** What only load runs need, express among it, is a third of the text: files of their own, read when a run is opened or judged. */
const runsApart: Plugin = {
  name: "runs-apart",
  setup(bundle) {
    bundle.onResolve({ filter: /\/(?:open-runs|documents)\.ts$/ }, ({ path, kind }) =>
      kind === "dynamic-import" ? { path: path.endsWith("documents.ts") ? "./documents.cjs" : "./runs.cjs", external: true } : undefined,
    );
  },
};

/** Reports over the API are made by the same rules and renderers as those of the command line: one file has them for both. */
const documentsOnce: Plugin = {
  name: "documents-once",
  setup(bundle) {
    bundle.onResolve({ filter: /\/(?:diagnose|build-report|render-html|render-markdown)\.ts$/ }, ({ importer }) =>
      /run-api[\\/]render-report\.ts$/.test(importer) ? { path: "./documents.cjs", external: true } : undefined,
    );
  },
};

const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node24.12",
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  logLevel: "warning",
  plugins: [englishOnly, noProtoFiles, unicodeOnly],
  metafile: true,
} satisfies BuildOptions & { readonly metafile: true };

async function main(): Promise<void> {
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  const bundles = await Promise.all([
    commonJs("collector/cli/main.ts", "pitwall.cjs"),
    commonJs("collector/connectors/runs/open-runs.ts", "runs.cjs"),
    commonJs("collector/web/run-api/report-worker.ts", "report-worker.cjs"),
    commonJs("collector/cli/load-run/documents.ts", "documents.cjs"),
    build({ ...shared, entryPoints: ["@grpc/grpc-js"], outfile: join(fresh, "grpc.cjs"), format: "cjs" }),
    build({ ...shared, entryPoints: ["collector/pipeline/define.ts"], outfile: join(fresh, "define.mjs"), format: "esm", external: ["zod"] }),
    build({
      ...shared,
      entryPoints: ["loadtest/instrument/instrument.ts"],
      outfile: join(fresh, "instrument.mjs"),
      format: "esm",
      external: ["@opentelemetry/*"],
    }),
  ]);
  // The report embeds them as texts (collector/run/report-assets.ts); they are in no bundle.
  for (const asset of REPORT_ASSETS) copyFileSync(join(root, asset), join(fresh, basename(asset)));
  // One byte beyond Latin-1 makes V8 hold the whole text in two-byte characters.
  const wide = /[^\0-\xff]/.exec(readFileSync(join(fresh, "pitwall.cjs"), "utf8"));
  if (wide !== null) throw new Error(`the bundle is not plain Latin-1: write "${wide[0]}" as an escape (a regular expression?)`);
  writeFileSync(
    join(fresh, "THIRD-PARTY-LICENSES.txt"),
    licences(
      bundles.map((bundle) => bundle.metafile),
      REPORT_ASSETS,
    ),
  );
  writeTypes();
  rmSync(dist, { recursive: true, force: true });
  renameSync(fresh, dist);
}

/** Part of the program, beside its main file. */
function commonJs(entryPoint: string, file: string) {
  return build({
    ...shared,
    entryPoints: [entryPoint],
    outfile: join(fresh, file),
    format: "cjs",
    plugins: [grpcApart, runsApart, documentsOnce, ...shared.plugins],
    // The sources ask where they are; the bundle answers with its own place.
    define: { "import.meta.url": "pitwallUrl", "import.meta.dirname": "__dirname" },
    banner: { js: 'const pitwallUrl=require("node:url").pathToFileURL(__filename).href;' },
  });
}

/** `tsc` tells of errors in the sources too; those are the business of `npm run check`, not of whoever installs. */
function writeTypes(): void {
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  try {
    execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json", "--noCheck", "--outDir", join(fresh, "types")], { cwd: root, stdio: "pipe" });
  } catch (error) {
    throw new Error(`the type declarations could not be written:\n${String((error as { stdout?: Buffer }).stdout)}`, { cause: error });
  }
}

/** The licence texts of the packages that the bundles contain, as those licences ask. */
export function licences(metafiles: readonly Metafile[], copied: readonly string[] = []): string {
  const folders = new Set<string>();
  for (const input of [...metafiles.flatMap((metafile) => Object.keys(metafile.inputs)), ...copied]) {
    const inside = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
    if (inside !== undefined) folders.add(inside);
  }
  return [...folders].sort().map(licence).join("\n");
}

function licence(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as {
    name: string;
    version: string;
    license?: string;
  };
  const files = readdirSync(join(root, folder)).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
  const texts = files.map((file) => readFileSync(join(root, folder, file), "utf8").trim());
  const rule = "-".repeat(80);
  return `${rule}\n${name} ${version} (${license ?? "see text"})\n${rule}\n${texts.join("\n\n") || "The package carries no licence file; its package.json names the licence above."}\n`;
}

if (!existsSync(join(root, "node_modules", "esbuild"))) {
  process.stderr.write("pitwall: the build tools are not installed (npm install --omit=dev?), so dist/ is not made.\n");
} else {
  try {
    await main();
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

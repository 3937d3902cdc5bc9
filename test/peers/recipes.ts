import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { unpackDebianPackages } from "./debian-packages.ts";
import { PEERS_FOLDER, type PeerName, PROJECT_FOLDER } from "./peers.ts";
import type { Run } from "./run-logged.ts";

export interface Recipe {
  /** Programs that must be on the PATH, each with what brings it. */
  readonly tools: Readonly<Record<string, string>>;
  install(run: Run): Promise<void>;
}

const GO = { go: "Go 1.25 or newer (go.dev/dl)" };
const APT = { "apt-get": "Debian or a relative of it; elsewhere put the program on the PATH yourself", dpkg: "Debian's dpkg" };

const bin = join(PEERS_FOLDER, "bin");
const goModule = join(PROJECT_FOLDER, "test/peers/go");
const clients = join(PROJECT_FOLDER, "test/peers/clients");

export const RECIPES: Readonly<Record<PeerName, Recipe>> = {
  prometheus: debianRecipe("prometheus", ["usr/bin/prometheus", "usr/bin/promtool"]),
  alertmanager: debianRecipe("prometheus-alertmanager", ["usr/bin/prometheus-alertmanager", "usr/bin/amtool"]),
  // Without service discovery, whose cloud SDKs are most of the build; static targets are all that a test needs.
  prometheus3: goRecipe("github.com/prometheus/prometheus/cmd/prometheus", "prometheus3", join(goModule, "prometheus3"), [
    "-tags",
    "remove_all_sd,netgo",
  ]),
  "victoria-metrics": goRecipe(
    "github.com/VictoriaMetrics/VictoriaMetrics/app/victoria-metrics",
    "victoria-metrics",
    join(goModule, "victoria-metrics"),
  ),
  "victoria-metrics-cluster": {
    tools: GO,
    async install(run) {
      for (const program of ["vminsert", "vmselect", "vmstorage"]) {
        const packagePath = `github.com/VictoriaMetrics/VictoriaMetrics/app/${program}`;
        await goRecipe(packagePath, program, join(goModule, "victoria-metrics-cluster")).install(run);
      }
    },
  },
  "docker-compose": goRecipe("github.com/docker/compose/v2/cmd", "docker-compose", join(goModule, "docker-compose")),
  nginx: debianRecipe("nginx", ["usr/sbin/nginx"]),
  wrk: debianRecipe("wrk", ["usr/bin/wrk"]),
  h2load: debianRecipe("nghttp2-client", ["usr/bin/h2load"]),
  chromium: { tools: APT, install: (run) => unpackDebianPackages(["chromium", "chromium-common"], ["usr/lib/chromium/chromium"], run) },
  // k6 is a `tool` of a module of ours: `go install go.k6.io/k6/v2@…` asks the module's own host for its versions, which fails where only a proxy is reached.
  k6: goRecipe("go.k6.io/k6/v2", "k6", join(goModule, "k6")),
  otelcol: goRecipe("./otelcol", "otelcol", goModule),
  "client-golang": goRecipe("./clientgolang", "client-golang", goModule),
  telemetrygen: goRecipe("./telemetrygen", "telemetrygen", goModule),
  snappy: {
    tools: { npm: "Node.js" },
    async install(run) {
      const folder = join(PEERS_FOLDER, "node");
      mkdirSync(folder, { recursive: true });
      copyFileSync(join(PROJECT_FOLDER, "test/peers/node/package.json"), join(folder, "package.json"));
      await run("npm", ["install", "--no-package-lock", "--no-audit", "--no-fund", "--prefix", folder]);
    },
  },
  "sdk-go": goRecipe("./sdkclient", "sdkclient", goModule),
  "sdk-python": {
    tools: { python3: "Python 3.9 or newer with its venv module (Debian: python3-venv)" },
    async install(run) {
      const folder = join(PEERS_FOLDER, "python");
      await run("python3", ["-m", "venv", "--clear", folder]);
      await run(join(folder, "bin/python"), ["-m", "pip", "install", "--quiet", "--requirement", join(clients, "python/requirements.txt")]);
    },
  },
  "sdk-rust": {
    tools: { cargo: "Rust 1.85 or newer (rustup.rs)" },
    async install(run) {
      await run("cargo", ["build", "--locked", "--manifest-path", join(clients, "rust/Cargo.toml"), "--target-dir", join(PEERS_FOLDER, "rust")]);
    },
  },
  "sdk-java": {
    tools: { mvn: "Maven 3.6 or newer", java: "a JDK 17 or newer" },
    async install(run) {
      await run("mvn", [
        "--quiet",
        "--batch-mode",
        "--file",
        join(clients, "java/pom.xml"),
        `-Dpeers.directory=${join(PEERS_FOLDER, "java")}`,
        "package",
      ]);
    },
  },
};

function goRecipe(packagePath: string, binary: string, folder: string, flags: readonly string[] = []): Recipe {
  return {
    tools: GO,
    async install(run) {
      mkdirSync(bin, { recursive: true });
      await run("go", ["build", ...flags, "-trimpath", "-ldflags", "-s -w", "-o", join(bin, binary), packagePath], { folder });
    },
  };
}

function debianRecipe(packageName: string, binaries: readonly string[]): Recipe {
  return { tools: APT, install: (run) => unpackDebianPackages([packageName], binaries, run) };
}

#!/usr/bin/env -S node --max-semi-space-size=2
"use strict";
// A small young generation: some 10 MB less under 70 000 points/s, at a cost in the detailed debug text (docs/adr/0010-small-young-generation.md).
// Starts Pitwall: the built form, or the sources of a checkout where nothing is built. Any Node reads this file, so no newer syntax here.
var parts = process.versions.node.split(".").map(Number);
if (parts[0] < 24 || (parts[0] === 24 && parts[1] < 12)) {
  process.stderr.write(
    "Pitwall needs Node 24.12 or newer, and this is Node " +
      process.versions.node +
      ".\nInstall a newer Node, or in a checkout run it through npm (`npm start -- --help`), which brings its own.\n",
  );
  process.exit(69);
}
var fs = require("node:fs");
var path = require("node:path");
var built = path.join(__dirname, "..", "dist", "pitwall.cjs");
if (fs.existsSync(built)) {
  require("node:module").enableCompileCache();
  require(built);
} else {
  import(require("node:url").pathToFileURL(path.join(__dirname, "..", "collector", "cli", "main.ts")).href);
}

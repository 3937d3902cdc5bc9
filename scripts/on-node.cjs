"use strict";
// Runs one of the project's TypeScript files on the Node it needs. Written for any Node from 18 up: no newer syntax here.
// npm puts node_modules/.bin first on the PATH, so `node` is the `node` devDependency where it was installed.
var parts = process.versions.node.split(".").map(Number);
if (parts[0] < 24 || (parts[0] === 24 && parts[1] < 12)) {
  process.stderr.write(
    "Pitwall needs Node 24.12 or newer, and this is Node " +
      process.versions.node +
      ". The `node` devDependency brings one:\n" +
      "run `npm ci` without --ignore-scripts and without --omit=dev, then try again (or install Node 24 yourself).\n",
  );
  process.exit(69);
}
var path = require("node:path");
var url = require("node:url");
var file = process.argv[2];
if (!file) {
  process.stderr.write("usage: node scripts/on-node.cjs FILE [ARG...]\n");
  process.exit(64);
}
process.argv.splice(1, 2, path.resolve(file));
import(url.pathToFileURL(path.resolve(file)).href).catch((error) => {
  process.stderr.write((error && error.stack ? error.stack : String(error)) + "\n");
  process.exit(70);
});

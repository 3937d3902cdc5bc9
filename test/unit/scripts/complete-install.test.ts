import { expect, test } from "vitest";
import { missingParts } from "../../../scripts/test/complete-install.ts";

const LOCK = JSON.stringify({
  packages: {
    "": {},
    "node_modules/plain": {},
    "node_modules/@native/linux-x64-gnu": { optional: true, os: ["linux"], cpu: ["x64"], libc: ["glibc"] },
    "node_modules/@native/linux-x64-musl": { optional: true, os: ["linux"], cpu: ["x64"], libc: ["musl"] },
    "node_modules/@native/darwin-arm64": { optional: true, os: ["darwin"], cpu: ["arm64"] },
    "node_modules/@native/installed": { optional: true, os: ["linux"], cpu: ["x64"] },
    "node_modules/extra": { optional: true },
  },
});

test("only the optional parts made for this machine that are not there count as left out", () => {
  const isThere = (folder: string) => folder.endsWith("/installed");
  expect(missingParts(LOCK, { platform: "linux", arch: "x64", libc: "glibc" }, isThere)).toEqual(["node_modules/@native/linux-x64-gnu"]);
  expect(missingParts(LOCK, { platform: "darwin", arch: "arm64", libc: undefined }, isThere)).toEqual(["node_modules/@native/darwin-arm64"]);
  expect(missingParts(LOCK, { platform: "linux", arch: "x64", libc: "glibc" }, () => true)).toEqual([]);
});

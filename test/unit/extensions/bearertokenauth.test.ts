import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bearertokenauth } from "../../../collector/extensions/bearertokenauth/bearertokenauth.ts";
import { testContext } from "../../conformance/harness.ts";

const open = (config: object) => bearertokenauth.open(bearertokenauth.config.parse(config), testContext().context);

test("one of several tokens lets in, nothing else does", async () => {
  await using guard = await open({ tokens: ["one", "two"] });
  const judge = (authorization?: string) => guard.authenticate?.(authorization === undefined ? {} : { authorization });
  expect([judge("Bearer one"), judge("Bearer two")]).toEqual([undefined, undefined]);
  for (const wrong of [undefined, "", "Bearer", "Bearer ", "Bearer three", "one", "bearer one", "Bearer one "])
    expect(judge(wrong)).toMatchObject({ challenge: "Bearer" });
});

test("scheme and header may be others; exporters show the first token", async () => {
  await using guard = await open({ header: "X-API-Key", scheme: "", token: "k" });
  expect(guard.authenticate?.({ "x-api-key": "k" })).toBeUndefined();
  expect(guard.authenticate?.({ authorization: "Bearer k" })).toBeDefined();
  expect(guard.sign?.()).toEqual({ "x-api-key": "k" });
  await using plain = await open({ tokens: ["first", "second"] });
  expect(plain.sign?.()).toEqual({ authorization: "Bearer first" });
});

test("a file holds one token a line and stands above the others; it must exist and hold one", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pitwall-"));
  try {
    const filename = join(folder, "tokens");
    writeFileSync(filename, "one\r\n\ntwo\n");
    await using guard = await open({ filename, token: "literal" });
    expect(guard.authenticate?.({ authorization: "Bearer two" })).toBeUndefined();
    expect(guard.authenticate?.({ authorization: "Bearer literal" })).toBeDefined();
    writeFileSync(filename, "\n");
    await expect(open({ filename })).rejects.toMatchObject({ code: "E_CONFIG_INVALID" });
    await expect(open({ filename: join(folder, "none") })).rejects.toMatchObject({ code: "E_FILE" });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("without any token the config is refused; tokens are never printed", () => {
  expect(() => bearertokenauth.config.parse({})).toThrow(/nobody could be let in/);
  expect(JSON.stringify(bearertokenauth.config.parse({ token: "s3cret", tokens: ["t0p"] }))).not.toMatch(/s3cret|t0p/);
});

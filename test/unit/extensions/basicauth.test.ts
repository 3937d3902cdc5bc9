import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { basicauth } from "../../../collector/extensions/basicauth/basicauth.ts";
import { testContext } from "../../conformance/harness.ts";

const open = (config: object) => basicauth.open(basicauth.config.parse(config), testContext().context);
const basic = (credentials: string) => ({ authorization: `Basic ${Buffer.from(credentials).toString("base64")}` });

test("plain and {SHA} passwords; a password may hold colons and any letters", async () => {
  const sha = createHash("sha1").update("geheim").digest("base64");
  await using guard = await open({ htpasswd: { inline: `# people\nalice:wonder:land\nbob:{SHA}${sha}\nzoë:schlüssel\n` } });
  for (const good of ["alice:wonder:land", "bob:geheim", "zoë:schlüssel"]) expect(guard.authenticate?.(basic(good))).toBeUndefined();
  for (const bad of ["alice:wonder", "alice:", "bob:wonder:land", `bob:{SHA}${sha}`, "carol:geheim", "carol:", ":"]) {
    expect([bad, guard.authenticate?.(basic(bad))]).toEqual([
      bad,
      { message: "unknown user or wrong password", challenge: expect.stringMatching(/^Basic realm=/) },
    ]);
  }
  for (const authorization of [undefined, "", "Basic", "Bearer x", "Basic !!", "Basic YWxpY2U="]) {
    expect(guard.authenticate?.(authorization === undefined ? {} : { authorization })).toMatchObject({ challenge: expect.any(String) });
  }
});

test("the file is read first, inline lines stand above it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pitwall-"));
  try {
    const file = join(folder, "htpasswd");
    writeFileSync(file, "alice:old\nbob:kept\n");
    await using guard = await open({ htpasswd: { file, inline: "alice:new" } });
    expect(guard.authenticate?.(basic("alice:new"))).toBeUndefined();
    expect(guard.authenticate?.(basic("alice:old"))).toBeDefined();
    expect(guard.authenticate?.(basic("bob:kept"))).toBeUndefined();
    await expect(open({ htpasswd: { file: join(folder, "none") } })).rejects.toMatchObject({ code: "E_FILE" });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each(["$2y$10$abc", "$apr1$salt$hash", "$6$salt$hash", "{SSHA}abc"])(
  "a hash that cannot be checked (%s) fails the start, without its text",
  async (hash) => {
    const error = await open({ htpasswd: { inline: `alice:ok\nbob:${hash}` } }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "E_CONFIG_INVALID", message: expect.stringMatching(/line 2: the hash .* is not supported/) });
    expect((error as Error).message).not.toContain(hash);
  },
);

test("for exporters: signs, and judges nobody", async () => {
  await using client = await open({ client_auth: { username: "alice", password: "wonder" } });
  expect(client.sign?.()).toEqual(basic("alice:wonder"));
  expect(client.authenticate).toBeUndefined();
});

test("one side must be configured, and only one", () => {
  expect(() => basicauth.config.parse({})).toThrow(/give htpasswd/);
  expect(() => basicauth.config.parse({ htpasswd: { inline: "a:b" }, client_auth: { username: "a", password: "b" } })).toThrow(/not both/);
  expect(() => basicauth.config.parse({ htpasswd: {} })).toThrow(/htpasswd.file or htpasswd.inline/);
});

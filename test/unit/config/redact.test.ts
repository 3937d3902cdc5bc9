import { expect, test } from "vitest";
import { formatProblems } from "../../../config/problem.ts";
import { redacted } from "../../../config/redact.ts";
import { redactUrl } from "../../../config/redact-url.ts";
import { withoutSecrets } from "../../../config/secret-words.ts";
import { toPlain } from "../../../config/tree.ts";
import { writeYaml } from "../../../config/write-yaml.ts";
import { parseYaml } from "../../../config/yaml-text.ts";
import { load, problemsOf, withExporter } from "./load-text.ts";

test("K-13 secrets of the schema, headers, and what is called like a secret are hidden; the rest is as it was", async () => {
  const loaded = await load(withExporter("otlp_grpc", 'endpoint: "a:1"\ntoken: t1\nheaders: {x: h1}\ntls: {insecure: true}'));
  const shown = toPlain(redacted(loaded)) as { exporters: unknown };
  expect(shown.exporters).toEqual({ otlp_grpc: { endpoint: "a:1", token: "[REDACTED]", headers: { x: "[REDACTED]" }, tls: { insecure: true } } });
  const named = await load(withExporter("typed", "map: {password: p1, deep: [{api_key: k1, user: u}]}"));
  expect(JSON.stringify(toPlain(redacted(named)))).not.toMatch(/p1|k1/);
  expect(JSON.stringify(toPlain(redacted(named)))).toContain('"user":"u"');
});

test("K-13 URLs are shown without what logs in, wherever they stand", async () => {
  const loaded = await load(
    withExporter("typed", 'map: {url: "https://me:p1@a.example/write?api_key=k1&db=x", deep: ["http://t0ken@b:1/", "http://c:2/d?e=f"]}'),
  );
  const shown = JSON.stringify(toPlain(redacted(loaded)));
  expect(shown).not.toMatch(/p1|k1|t0ken/);
  expect(shown).toContain("https://[REDACTED]@a.example/write?api_key=[REDACTED]&db=x");
  expect(shown).toContain("http://[REDACTED]@b:1/");
  expect(shown).toContain("http://c:2/d?e=f");
  expect(writeYaml(redacted(loaded))).not.toMatch(/p1|k1|t0ken/);
});

test.each([
  ["http://a:1/x?token=1", "http://a:1/x?token=***"],
  ["http://a/x?a=b&password=1&c=d#access_token=2", "http://a/x?a=b&password=***&c=d#access_token=***"],
  ["https://b.blob.example/c?sv=1&sig=abc%2F%3D", "https://b.blob.example/c?sv=1&sig=***"],
  [
    "https://s3.example/o?X-Amz-Credential=1&X-Amz-Signature=2&X-Amz-Date=3",
    "https://s3.example/o?X-Amz-Credential=***&X-Amz-Signature=***&X-Amz-Date=3",
  ],
  ["http://a/x?%74oken=1;client_secret=2", "http://a/x?%74oken=***;client_secret=***"],
  ["http://user:p@ss@host/x", "http://***@host/x"],
  ["http://user:p/ss@host/x", "http://***@host/x"],
  ["redis://:pw@host:1", "redis://***@host:1"],
  ["http://a/@b?keys=1&monkeys=2&%zz=3", "http://a/@b?keys=1&monkeys=2&%zz=3"],
  ["a@b.example", "a@b.example"],
  ["key=1&token=2", "key=1&token=2"],
])("%s is shown as %s", (text, shown) => {
  expect(redactUrl(text, "***")).toBe(shown);
});

test("what is written as YAML reads back as the same", () => {
  for (const text of ["a: 'yes'\nb: '0123'\nc: \"1\"\nd: [1, x]\ne: {f: null, g: true}\n", 'a: "line\\nbreak"\nb: "# no comment"\n', "a: 0123\n"]) {
    const { tree } = parseYaml(text, "c.yaml");
    expect(toPlain(parseYaml(writeYaml(tree), "d.yaml").tree)).toEqual(toPlain(tree));
  }
});

test("K-13 a mistake beside a secret does not show it", async () => {
  const problems = await problemsOf(
    withExporter("otlp_grpc", "endpoint: a:1\ntoken: 12345\ntyp: {password: hunter2}\nheaders: {authorization: [x]}"),
  );
  expect(problems.map(({ message }) => message)).toEqual([
    "expected a text, not what stands here",
    'unknown key "typ"',
    "expected a text, not what stands here",
  ]);
  expect(formatProblems(problems)).not.toMatch(/12345|hunter2/);
  expect(problems.map(({ place }) => place.sourceLine)).toEqual([
    "    token: *****",
    "    typ: {password: ********",
    "    headers: {authorization: ****",
  ]);
});

test("a variable where a secret belongs may be shown, and keys that only begin like one", () => {
  for (const line of [
    "token: ${env:TOKEN}",
    '  password: "${PASSWORD}" # from the vault',
    "token_file: /run/token",
    "authenticator: bearertokenauth",
  ]) {
    expect(withoutSecrets(line)).toBe(line);
  }
  expect(withoutSecrets("x-api-key: abc ${env:A}")).toBe("x-api-key: ************");
});

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runConditions } from "../../../../collector/cli/load-run/run-conditions.ts";

const conditions = (command: readonly string[], env: Readonly<Record<string, string>> = {}, target = "") =>
  runConditions({ command, env, dataset: "works-81", target, config: "" });

test("secrets in the command are hidden, the rest of it is kept", () => {
  const { command } = conditions([
    "mygen",
    "-e",
    "AUTH_TOKEN=abc.def",
    "-e",
    "SCENARIO=spike",
    "--header",
    "Authorization: Bearer s3cret",
    "--password",
    "hunter2",
    "https://user:pw@example.test/a?api_key=k1&page=2",
    "script.js",
  ]);
  expect(command).toEqual([
    "mygen",
    "-e",
    "AUTH_TOKEN=***",
    "-e",
    "SCENARIO=spike",
    "--header",
    "Authorization: ***",
    "--password",
    "***",
    "https://***@example.test/a?api_key=***&page=2",
    "script.js",
  ]);
});

test.each([
  ["a header in one word", ["curl", "--header=Authorization: Bearer s3cret"], "--header=Authorization: ***"],
  ["a header glued to its option", ["curl", "-HAuthorization: Basic czNjcmV0"], "-HAuthorization: ***"],
  ["a header within a script", ["sh", "-c", "curl -H 'Authorization: Bearer s3cret' http://a"], "curl -H 'Authorization: ***' http://a"],
  ["a cookie within a script", ["sh", "-c", 'curl -H "Cookie: sid=s3cret; b=2" x'], 'curl -H "Cookie: ***" x'],
  ["a variable within a script", ["sh", "-c", "cd load; AUTH_TOKEN=s3cret PEAK=5 k6 run a.js"], "cd load; AUTH_TOKEN=*** PEAK=5 k6 run a.js"],
  ["a login", ["curl", "-u", "user:s3cret"], "user:***"],
] as const)("%s is hidden too", (_, words, shown) => {
  const { command } = conditions(words);
  expect(command?.at(-1)).toBe(shown);
  expect(JSON.stringify(command)).not.toMatch(/s3cret|czNjcmV0/);
});

test("numbers and addresses behind short options are no logins", () => {
  const words = ["k6", "run", "-u", "10", "-a", "localhost:6565", "http://127.0.0.1:8082/works"];
  expect(conditions(words).command?.slice(2)).toEqual(["-u", "10", "-a", "localhost:6565", "http://127.0.0.1:8082/works"]);
});

test("what is longer than the run API takes is cut", () => {
  const long = "x".repeat(10_000);
  const { command = [], environment = {} } = conditions(["sh", "-c", long, ...Array.from({ length: 400 }, () => "a")], { SCENARIO: long });
  expect(command.length).toBe(256);
  expect(command[2]).toBe(`${"x".repeat(4095)}…`);
  expect(environment["SCENARIO"]).toHaveLength(4096);
});

test("of the environment only what shapes the load is kept, without secrets", () => {
  const { environment, target } = conditions(["mygen"], {
    SCENARIO: "spike",
    PEAK_RPS: "25",
    AUTH_TOKEN: "abc",
    BASE_URL: "http://u:p@127.0.0.1:8082",
    AWS_SECRET_ACCESS_KEY: "x",
    HOME: "/home/somebody",
    K6_CLOUD_TOKEN: "y",
  });
  expect(environment).toEqual({ SCENARIO: "spike", PEAK_RPS: "25", AUTH_TOKEN: "***", BASE_URL: "http://***@127.0.0.1:8082" });
  expect(target).toBe("http://***@127.0.0.1:8082");
});

test("the script is known by the hash of its text, so that a changed one is noticed", () => {
  const folder = mkdtempSync(join(tmpdir(), "pitwall-conditions-"));
  const script = join(folder, "load.js");
  writeFileSync(script, "export default function () {}\n");
  const first = conditions(["mygen", "run", script]).scriptHash;
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  writeFileSync(script, "export default function () { /* other */ }\n");
  expect(conditions(["mygen", "run", script]).scriptHash).not.toBe(first);
  expect(conditions(["mygen", "run", join(folder, "missing.js")]).scriptHash).toBe("");
});

import { expect, test } from "vitest";
import { LoadError } from "../../../collector/model/errors.ts";
import { openFault } from "../../../collector/pipeline/open-fault.ts";

const system = (code: string, message: string): Error => Object.assign(new Error(message), { code });

test.each([
  [system("EADDRINUSE", "listen EADDRINUSE 127.0.0.1:4317"), "E_PORT_IN_USE"],
  [system("EADDRNOTAVAIL", "listen EADDRNOTAVAIL 10.9.9.9:4317"), "E_LISTEN"],
  [system("EACCES", "listen EACCES 127.0.0.1:80"), "E_LISTEN"],
  [system("EACCES", "permission denied, open '/root/x'"), "E_FILE"],
  [system("ENOENT", "no such file, open 'x/y'"), "E_FILE"],
  [new TypeError("undefined is not a function"), "E_INTERNAL"],
  ["a text", "E_INTERNAL"],
])("%s becomes %s, and names the component", (error, code) => {
  expect(openFault("receiver", "otlp/a", error)).toMatchObject({ code, message: expect.stringContaining("receiver otlp/a could not be opened: ") });
});

test("a component's own LoadError passes as it is", () => {
  const own = new LoadError("E_TARGET_UNAVAILABLE", "nobody there");
  expect(openFault("exporter", "otlp", own)).toBe(own);
});

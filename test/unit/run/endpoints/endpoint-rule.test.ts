import { expect, test } from "vitest";
import { LoadError } from "../../../../collector/model/errors.ts";
import { endpointRenaming, parseEndpointRules } from "../../../../collector/run/endpoints/endpoint-rule.ts";

test("a rule sees method and name, and gives its groups to the new name", () => {
  const rename = endpointRenaming(
    parseEndpointRules([
      { match: "^GET /files/(?P<kind>\\w+)/", as: "/files/${kind}/{path}" },
      { match: "^/works/([a-z]+)$", as: "/works/$1-of-$$5" },
      { match: "login|signin", as: "sign in" },
    ]),
  );
  expect(rename("GET", "/files/img/a/b.png")).toBe("GET /files/img/{path}");
  expect(rename("POST", "/works/new")).toBe("POST /works/new-of-$5");
  expect(rename("", "/works/new")).toBe("/works/new-of-$5");
  expect(rename("POST", "user_login")).toBe("sign in");
  expect(rename("POST", "/files/img/a")).toBeUndefined();
});

test("all mistakes are told at once, with their places", () => {
  const broken = [{ match: "(", as: "x" }, { match: "a(b)", as: "$2" }, { as: "" }, "text", { match: "a", as: "b", when: 1 }];
  let thrown: unknown;
  try {
    parseEndpointRules(broken, "runs.endpoints");
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(LoadError);
  const { message, code } = thrown as LoadError;
  expect(code).toBe("E_CONFIG_INVALID");
  expect(message).toContain("runs.endpoints[0].match: not a regular expression");
  expect(message).toContain("runs.endpoints[1].as: $2 stands for no group");
  expect(message).toContain("runs.endpoints[2].match: a text that is not empty is needed, not nothing");
  expect(message).toContain("runs.endpoints[2].as: a text that is not empty is needed, not an empty one");
  expect(message).toContain("runs.endpoints[3]: a rule has");
  expect(message).toContain("runs.endpoints[4].when: unknown");
  expect(() => parseEndpointRules({}, "runs.endpoints")).toThrow("runs.endpoints: a list of rules is needed");
});

import { describe, expect, test } from "vitest";
import { scrapeAccepted } from "./scrape-accepted.ts";

const ALL = { "2.42": true, "2.53": true, "3.5": true };
const NONE = { "2.42": false, "2.53": false, "3.5": false };
const NEW = { "2.42": false, "2.53": false, "3.5": true };

/** As measured on Debian's servers, the last ones on 2.42 and 3.14. */
describe.each([
  ["text", "# TYPE a unknown\na 5\n", NONE],
  ["om", "# TYPE a untyped\na 5\n# EOF\n", NONE],
  ["om", "# TYPE a gauge\n# UNIT a seconds\na 5\n# EOF\n", NONE],
  ["om", "# TYPE a gauge\n\na 5\n# EOF\n", NONE],
  ["om", "# TYPE a gauge\r\na 5\r\n# EOF\r\n", NONE],
  ["om", "# TYPE a gauge\na 5\n", NONE],
  ["text", '# TYPE a_total counter\na_total 5 # {trace_id="x"} 1\n', NONE],
  ["text", 'a{http.route="/x"} 5\n', NONE],
  ["text", 'a{x="1",x="2"} 5\n', NONE],
  ["text", '# TYPE "http.server.duration" gauge\n{"http.server.duration","http.route"="/a"} 5\n', NEW],
  ["om", '# TYPE "http.server.duration" gauge\n{"http.server.duration","http.route"="/a"} 5\n# EOF\n', NEW],
  ["text", '{"a","b"="c"} 5\n', { ...ALL, "2.42": false }],
  ["om", '# TYPE a gauge\na 5 # {trace_id="x"} 1\n# EOF\n', { ...ALL, "2.42": false }],
  ["om", '# TYPE a counter\na_total 5 # {trace_id="x"} 1 1.5\n# EOF\n', ALL],
  ["none", "# TYPE a gauge\na 5\n", { ...ALL, "3.5": false }],
  ["application/json", "a 5\n", { ...ALL, "3.5": false }],
  ["text", '# TYPE a gauge\na{x="1"} 5\na{x="1"} 6\n', ALL],
  ["text/plain; version=0.0.4", "# a comment\n\na 5 1000\n", ALL],
  ["om", "# TYPE a counter\na_total 5\na_created 1.5\n# EOF\n", ALL],
  ["om", "# EOF\n", ALL],
  ["text", 'a{x="a\nb"} 5\n', ALL],
  ["text", " a 5\n", NEW],
  ["text", 'a{__name__="b"} 5\n', NONE],
  ["text", "a 1e400\n", NONE],
  ["text", "a 5 -5\n", NONE],
  ["text", 'a{x="1",} 5\n', ALL],
  ["om", 'a{x="1",} 5\n# EOF\n', { ...ALL, "2.42": false }],
  ["om", 'a{x="a\nb"} 5\n# EOF\n', NONE],
])("%s %j", (contentType, body, expected) => {
  test(
    Object.entries(expected)
      .map(([server, accepts]) => `${server} ${accepts ? "takes" : "refuses"} it`)
      .join(", "),
    () => {
      expect(scrapeAccepted(contentType, body)).toEqual(expected);
    },
  );
});

import { describe, expect, test } from "vitest";
import { validateText } from "./validate-text.ts";

const BAD: readonly (readonly [rule: string, document: string, says: string])[] = [
  ["the last line does not end", "a 1", "does not end"],
  ["CRLF", "a 1\r\n", "carriage return"],
  ["a NUL", "# HELP a \0\na 1\n", "NUL"],
  ["a type of OpenMetrics", "# TYPE a unknown\na 1\n", "no type unknown"],
  ["TYPE twice", "# TYPE a gauge\n# TYPE a gauge\n", "second TYPE"],
  ["HELP twice", "# HELP a x\n# HELP a y\n", "second HELP"],
  ["TYPE behind samples", "a 1\n# TYPE a gauge\n", "behind samples"],
  ["a family that comes back", '# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\na{x="1"} 1\n', "has ended"],
  ["a bad escape in HELP", "# HELP a \\x\n", "HELP escapes"],
  ["an exemplar", '# TYPE a counter\na 1 # {x="y"} 1\n', "not a number|no time|no timestamp"],
  ["a timestamp in seconds", "a 1 1.5\n", "milliseconds"],
  ["a label twice", 'a{b="c",b="d"} 1\n', "twice"],
  ["a label name with a dot", 'a{b.c="d"} 1\n', "expected"],
  ["a name in quotes where UTF-8 was not asked for", '{"a.b"} 1\n', "metric name"],
  ["a series twice", 'a{b="c"} 1\na{b="c"} 2\n', "twice"],
  ["a bucket without le", "# TYPE a histogram\na_bucket 1\na_count 1\n", "without le"],
  ["no +Inf bucket", '# TYPE a histogram\na_bucket{le="1"} 1\na_count 1\n', "+Inf"],
  ["buckets out of order", '# TYPE a histogram\na_bucket{le="2"} 1\na_bucket{le="1"} 1\na_bucket{le="+Inf"} 1\na_count 1\n', "rising order"],
  ["buckets that fall", '# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_count 1\n', "cumulative"],
  ["_count that is not the +Inf bucket", '# TYPE a histogram\na_bucket{le="+Inf"} 1\na_count 2\n', "_count is not"],
  ["a histogram without _count", '# TYPE a histogram\na_bucket{le="+Inf"} 1\n', "without _count"],
  ["a summary's sample without quantile", "# TYPE a summary\na 1\n", "quantile"],
  ["two families that clash", '# TYPE a histogram\na_bucket{le="+Inf"} 1\na_count 1\n# TYPE a_sum gauge\n', "clash"],
];

describe("refused:", () => {
  test.each(BAD)("%s", (_rule, document, says) => {
    expect(validateText(document).problems.join("\n")).toMatch(new RegExp(says.includes("|") ? says : says.replace(/[.*+?^${}()[\]\\]/g, "\\$&")));
  });
});

test("what the format allows is accepted: comments, blank lines, blanks and tabs, a comma at the end, times in milliseconds", () => {
  const document =
    '# a comment\n\n# HELP  a\tx \\\\ \\n "y"\n# TYPE a counter\n a { b = "c" , } 1\t5 \n# TYPE s summary\ns{quantile="0.5"} -1\ns_sum NaN\ns_count 1\n';
  expect(validateText(document).problems).toEqual([]);
  expect(validateText('# TYPE "a.b" gauge\n{"a.b","c.d"="e"} 1\n', { utf8: true }).problems).toEqual([]);
});

import { expect, test } from "vitest";
import { parseAlertTemplate, TemplateError } from "../../../collector/alerts/alert-template.ts";

const fill = (text: string, value = 0, labels: Record<string, string> = {}): string => parseAlertTemplate(text)({ labels, value });

test("labels and values", () => {
  expect(fill("{{ $labels.job }}/{{.Labels.i}} has {{$value}}{{ $labels.none }}", 1.5, { job: "api", i: "1" })).toBe("api/1 has 1.5");
});

test.each([
  [0.9912, "humanizePercentage", "99.12%"],
  [1_234_567, "humanize", "1.235M"],
  [0.000_012, "humanize", "12u"],
  [1_073_741_824, "humanize1024", "1Gi"],
  [3725, "humanizeDuration", "1h 2m 5s"],
  [0.25, "humanizeDuration", "250ms"],
  [12.345, 'printf "%.1f"', "12.3"],
])("%d through %s is %s", (value, pipe, text) => {
  expect(fill(`{{ $value | ${pipe} }}`, value)).toBe(text);
});

test("numbers are printed as Go prints them", () => {
  const printed = [1_234_567, 100_000, 0.0001, 0.000_01, 1e21, Number.NaN, -Infinity, 42].map((value) => fill("{{ $value }}", value));
  expect(printed).toEqual(["1.234567e+06", "100000", "0.0001", "1e-05", "1e+21", "NaN", "-Inf", "42"]);
});

test("strings, pipes, comments and trimmed space", () => {
  expect(fill('a {{- /* no */ -}} b {{ "x}}" | toUpper }} {{ `y` | printf "%s-%s" "z" }} {{ printf "%d%%" }}')).toBe("ab X}} z-y %!d(MISSING)%");
});

test.each(["{{ if $value }}", "{{ query `up` }}", "{{ $other }}", "{{ }}", "{{ $value ", "{{ $value | nothing }}"])("%s is refused", (text) => {
  expect(() => parseAlertTemplate(text)).toThrow(TemplateError);
});

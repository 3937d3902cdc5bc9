import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ROUTES } from "../../../../loadtest/api-server/routes.ts";
import type { NormalizedWork } from "../../../../loadtest/k6/works-document.ts";
import { pathOf, WORKS_ENDPOINTS, worksFor } from "../../../../loadtest/k6/works-endpoints.ts";
import { worksOptions } from "../../../../loadtest/k6/works-options.ts";
import { describeOffer, parseWorksSettings } from "../../../../loadtest/k6/works-settings.ts";

const WORKS: readonly NormalizedWork[] = [
  { kind: "puzzle", profileId: "p 1", ownerUserId: "u", publicWorkCode: "", publicationStatus: "published" },
  { kind: "custom_world", profileId: "c1", ownerUserId: "u", publicWorkCode: "", publicationStatus: "published" },
  { kind: "puzzle", profileId: "p2", ownerUserId: "u", publicWorkCode: "P2", publicationStatus: "draft" },
];
const parse = (env: Readonly<Record<string, string>> = {}, works = WORKS) => parseWorksSettings(env, works);
const options = (env: Readonly<Record<string, string>> = {}) => worksOptions(parse(env), "visit");

describe("scenarios", () => {
  test("smoke by default: 1 VU, 30 s", () => {
    expect(options().scenarios).toEqual({ smoke: { exec: "visit", executor: "constant-vus", vus: 1, duration: "30s", gracefulStop: "62s" } });
    expect(options().thresholds).toMatchObject({ http_req_failed: ["rate<0.01"], works_list_shape_error_rate: ["rate<0.01"] });
  });

  test("baseline: 10 VUs, 3 min, p95 < 800 ms, p99 < 1500 ms", () => {
    const { scenarios, thresholds } = options({ SCENARIO: "baseline" });
    expect(scenarios["baseline"]).toMatchObject({ executor: "constant-vus", vus: 10, duration: "3m" });
    expect(thresholds).toMatchObject({
      http_req_duration: ["p(95)<800", "p(99)<1500"],
      "http_req_duration{expected_response:true}": ["p(95)<800", "p(99)<1500"],
    });
    expect(thresholds).not.toHaveProperty("dropped_iterations");
  });

  test("spike: 5 → 25 → 5 iterations/s with 60 s on top, p95 < 2000 ms, none dropped", () => {
    const { scenarios, thresholds } = options({ SCENARIO: "spike" });
    expect(scenarios["spike"]).toMatchObject({
      executor: "ramping-arrival-rate",
      startRate: 5,
      timeUnit: "1s",
      preAllocatedVUs: 20,
      maxVUs: 100,
      stages: [
        { target: 25, duration: "30s" },
        { target: 25, duration: "60s" },
        { target: 5, duration: "30s" },
      ],
    });
    expect(thresholds).toMatchObject({ dropped_iterations: ["count==0"], http_req_duration: ["p(95)<2000"] });
  });

  test("rates that are no whole numbers are told to k6 by the minute", () => {
    const { scenarios } = options({ SCENARIO: "spike", PEAK_HTTP_RPS: "25" });
    expect(scenarios["spike"]).toMatchObject({ startRate: 300, timeUnit: "1m", stages: [{ target: 750 }, { target: 750 }, { target: 300 }] });
  });
});

describe("what a rate means", () => {
  test.each([
    [{ SCENARIO: "spike" }, "5 → 25 → 5 iterations/s × 2 HTTP requests per iteration = 10 → 50 → 10 HTTP requests/s offered"],
    [
      { SCENARIO: "spike", AUTH_TOKEN: "t", DETAIL_RATIO: "0.5" },
      "5 → 25 → 5 iterations/s × 4.5 HTTP requests per iteration = 22.5 → 112.5 → 22.5 HTTP",
    ],
    [{ SCENARIO: "spike", ENDPOINT: "puzzle_gallery_list" }, "5 → 25 → 5 iterations/s × 1 HTTP request per iteration = 5 → 25 → 5 HTTP requests/s"],
    [{ SCENARIO: "spike", PEAK_HTTP_RPS: "50" }, "5 → 25 → 5 iterations/s × 2 HTTP requests per iteration = 10 → 50 → 10 HTTP"],
    [{ VUS: "3", PAUSE: "500ms" }, "3 VUs for 30s, 2 HTTP requests per iteration, PAUSE 500ms: at most 12 HTTP requests/s"],
    [{ PAUSE: "0s" }, "PAUSE 0s: as many requests/s as the answers allow"],
  ])("%j", (env, words) => {
    expect(describeOffer(parse(env))).toContain(words);
  });

  test("whatever the settings, the peak in requests is the one asked for", () => {
    const env = fc.record({
      PEAK_HTTP_RPS: fc.integer({ min: 1, max: 5000 }).map(String),
      DETAIL_RATIO: fc.constantFrom("0", "0.35", "1"),
      AUTH_TOKEN: fc.constantFrom("", "t"),
    });
    fc.assert(
      fc.property(env, (given) => {
        const settings = parse({ ...given, SCENARIO: "spike" });
        const { stages, timeUnit } = worksOptions(settings, "visit").scenarios["spike"] as { stages: { target: number }[]; timeUnit: string };
        const perSecond = (stages[0]?.target ?? 0) / (timeUnit === "1s" ? 1 : 60);
        // Half a request a minute is lost in rounding at most.
        expect(Math.abs(perSecond * settings.requestsPerIteration - Number(given.PEAK_HTTP_RPS))).toBeLessThan(0.05);
      }),
    );
  });
});

describe("refused", () => {
  test.each([
    [{ SCENARIO: "soak" }, "SCENARIO=soak: choose one of smoke, baseline, spike"],
    [{ BASE_URL: "127.0.0.1:8082" }, "BASE_URL=127.0.0.1:8082: give an address like http://127.0.0.1:8082"],
    [{ DURATION: "0s" }, "DURATION=0s: give a time with its unit"],
    [{ VUS: "1.5" }, "VUS=1.5: give a whole number from 1 to 10000"],
    [{ SCENARIO: "spike", PEAK_RPS: "many" }, "PEAK_RPS=many: give a number"],
    [{ SCENARIO: "spike", PEAK_RPS: "5", PEAK_HTTP_RPS: "10" }, "PEAK_RPS (iterations) and PEAK_HTTP_RPS (requests) are both set"],
    [{ SCENARIO: "spike", PREALLOCATED_VUS: "50", MAX_VUS: "40" }, "PREALLOCATED_VUS=50: more than MAX_VUS (40)"],
    [{ ENDPOINT: "puzzle_works_list" }, "ENDPOINT=puzzle_works_list: needs AUTH_TOKEN"],
    [{ ENDPOINT: "custom_world_gallery_by_code" }, "ENDPOINT=custom_world_gallery_by_code: WORKS_DATA has no work that it could ask for"],
    [{ ENDPOINT: "puzzle_gallery_list", DETAIL_RATIO: "0.1" }, "DETAIL_RATIO=0.1: with ENDPOINT"],
    [{ DETAIL_RATIO: "35" }, "DETAIL_RATIO=35: give a number from 0 to 1"],
  ])("%j", (env, words) => {
    expect(() => parse(env)).toThrow(words);
  });

  test("details without a work to ask for", () => {
    expect(() => parse({ DETAIL_RATIO: "1" }, [])).toThrow("DETAIL_RATIO=1: WORKS_DATA has no published work");
  });

  test("all mistakes at once", () => {
    expect(() => parse({ SCENARIO: "x", VUS: "y" })).toThrow(/mistakes:\n {2}SCENARIO=x.*\n {2}VUS=y/);
  });
});

test("variables of the other scenarios are named as ignored, empty ones are none", () => {
  expect(parse({ PEAK_RPS: "9", HOLD: "1s", MAX_VUS: "" }).ignored).toEqual(["PEAK_RPS", "HOLD"]);
  expect(parse({ SCENARIO: "spike", VUS: "9" }).ignored).toEqual(["VUS"]);
});

describe("endpoints", () => {
  test("routes are those of the server", () => {
    const { health: _health, ...routes } = ROUTES;
    expect(WORKS_ENDPOINTS.map(({ route }) => route).sort()).toEqual(Object.values(routes).sort());
  });

  test("of a work, only those are asked for that can be: published, with all that the route names, encoded", () => {
    const possible = WORKS_ENDPOINTS.filter(({ answers }) => answers === "work").map((endpoint) =>
      worksFor(endpoint, WORKS).map((work) => pathOf(endpoint, work)),
    );
    expect(possible).toEqual([
      ["/api/runtime/puzzle/gallery/p%201"],
      ["/api/runtime/custom-world-gallery/u/c1"],
      [],
      ["/api/runtime/puzzle/works/p%201", "/api/runtime/puzzle/works/p2"],
    ]);
  });
});

import { expect, test } from "vitest";
import { parseWorksSettings } from "../../../../loadtest/k6/works-settings.ts";
import { worksSummary } from "../../../../loadtest/k6/works-summary.ts";

const counter = (count: number) => ({ type: "counter", values: { count } });
const rate = (passes: number, fails: number) => ({ type: "rate", values: { passes, fails, rate: passes / (passes + fails) } });
const trend = (values: Readonly<Record<string, number>>) => ({ type: "trend", values });

test("a line for each endpoint with the times of its good answers, causes with advice, and the thresholds", () => {
  const text = worksSummary(parseWorksSettings({ SCENARIO: "spike" }, []), {
    state: { testRunDurationMs: 10_000 },
    metrics: {
      http_reqs: counter(200),
      iterations: counter(100),
      dropped_iterations: { ...counter(3), thresholds: { "count==0": { ok: false } } },
      http_req_failed: { ...rate(110, 90), thresholds: { "rate<0.01": { ok: false } } },
      works_list_shape_error_rate: { ...rate(0, 90), thresholds: { "rate<0.01": { ok: true } } },
      "http_reqs{endpoint:puzzle_gallery_list}": { ...counter(100), thresholds: { "count>=0": { ok: true } } },
      "works_list_request_failed{endpoint:puzzle_gallery_list}": rate(100, 0),
      "works_list_shape_error_rate{endpoint:puzzle_gallery_list}": rate(0, 0),
      "http_req_duration{endpoint:puzzle_gallery_list,expected_response:true}": trend({ med: 0, "p(95)": 0, "p(99)": 0, max: 0 }),
      "http_reqs{endpoint:custom_world_gallery_list}": counter(100),
      "works_list_request_failed{endpoint:custom_world_gallery_list}": rate(10, 90),
      "works_list_shape_error_rate{endpoint:custom_world_gallery_list}": rate(0, 90),
      "http_req_duration{endpoint:custom_world_gallery_list,expected_response:true}": trend({ med: 1.5, "p(95)": 22.25, max: 1234.5 }),
      "works_list_failures{cause:timeout}": counter(100),
      "works_list_failures{cause:http_429}": counter(10),
      "works_list_failures{cause:refused}": counter(0),
    },
  });
  expect(text).toBe(`
works-list spike against http://127.0.0.1:8082
  offered     5 → 25 → 5 iterations/s × 2 HTTP requests per iteration = 10 → 50 → 10 HTTP requests/s offered (RAMP 30s, HOLD 60s)
  made        100 iterations, 200 HTTP requests (2 per iteration) in 10.0 s: 20 requests/s
  dropped     3 iterations that were due and not begun for lack of virtual users
  failed      55.00% of requests; shape errors 0.00% of 2xx answers

by endpoint (times of 2xx answers)
  endpoint                   requests  failed  shape errors  p50 ms  p95 ms  p99 ms  max ms
  puzzle_gallery_list             100     100             0       –       –       –       –
  custom_world_gallery_list       100      10             0    1.50    22.3       –    1235

failed requests by cause
     100  timeout: no answer within REQUEST_TIMEOUT; compare with the proxy's log of the same trace ids
      10  http_429: the server turns requests away: GENARRATIVE_API_MAX_CONCURRENT_REQUESTS

thresholds
  FAILED  dropped_iterations count==0
  FAILED  http_req_failed rate<0.01
  ok      works_list_shape_error_rate rate<0.01
`);
});

test("without figures by endpoint (--no-thresholds) there are dashes, not zeros", () => {
  const text = worksSummary(parseWorksSettings({}, []), {
    state: { testRunDurationMs: 1000 },
    metrics: { http_reqs: counter(2), iterations: counter(1) },
  });
  expect(text).toMatch(/puzzle_gallery_list +– +– +– +– +–/);
});

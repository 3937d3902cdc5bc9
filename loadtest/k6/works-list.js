import { check, sleep } from "k6";
import { randomBytes } from "k6/crypto";
import { SharedArray } from "k6/data";
import exec from "k6/execution";
import http from "k6/http";
import { Counter, Rate } from "k6/metrics";
import { failureCause, shapeMistake } from "./works-answer.ts";
import { parseWorks } from "./works-document.ts";
import { pathOf, worksFor } from "./works-endpoints.ts";
import { worksOptions } from "./works-options.ts";
import { describeOffer, parseWorksSettings } from "./works-settings.ts";
import { worksSummary } from "./works-summary.ts";

// Load on the read endpoints of the works lists: `npm run loadtest:k6:works`. Settings are variables of the environment; see loadtest/README.md.

const dataFile = __ENV.WORKS_DATA || "data/works-list.sample.json";
const works = new SharedArray("works", () => parseWorks(readData(), dataFile));
const settings = parseWorksSettings(__ENV, works);
const worksOf = new Map(settings.details.map((endpoint) => [endpoint.name, worksFor(endpoint, works)]));

export const options = worksOptions(settings, "visitLists");

/** Only of 2xx answers: their body is not what it should be. A request that failed is counted below and nowhere else. */
const shapeErrors = new Rate("works_list_shape_error_rate");
const requestFailed = new Rate("works_list_request_failed");
const failures = new Counter("works_list_failures");

http.setResponseCallback(http.expectedStatuses({ min: 200, max: 299 }));

export function setup() {
  console.log(`${settings.scenario}: ${describeOffer(settings)}`);
  if (settings.ignored.length > 0) console.warn(`without meaning for SCENARIO=${settings.scenario}, ignored: ${settings.ignored.join(", ")}`);
}

/** One iteration: each list once, one after the other, then perhaps one work. None of them depends on the one before. */
export function visitLists() {
  for (const endpoint of settings.lists) visit(endpoint, endpoint.route);
  if (settings.details.length > 0 && Math.random() < settings.detailRatio) {
    const endpoint = pick(settings.details);
    visit(endpoint, pathOf(endpoint, pick(worksOf.get(endpoint.name))));
  }
  if (settings.load.kind === "constant" && settings.load.pause.ms > 0) sleep(settings.load.pause.ms / 1000);
}

export function handleSummary(summary) {
  return { stdout: worksSummary(settings, summary) };
}

function visit(endpoint, path) {
  const traceId = hex(randomBytes(16));
  // Metadata goes into the points of `--out json` and `--out csv`, so that each request is found again in the proxy's log and in spans.
  exec.vu.metrics.metadata.trace_id = traceId;
  try {
    judge(endpoint, http.get(`${settings.baseUrl}${path}`, requestOptions(endpoint, traceId)));
  } catch (error) {
    // Not even a request came about (`--throw`, a name that cannot be used); the next endpoint is still visited.
    console.error(`${endpoint.name}: ${error.message}`);
    countFailure(endpoint, "other");
  } finally {
    delete exec.vu.metrics.metadata.trace_id;
  }
}

function requestOptions(endpoint, traceId) {
  const headers = { accept: "application/json", traceparent: `00-${traceId}-${hex(randomBytes(8))}-01` };
  if (endpoint.isPersonal) headers.authorization = `Bearer ${settings.authToken}`;
  return { headers, tags: { name: endpoint.route, endpoint: endpoint.name }, timeout: settings.requestTimeout.ms, redirects: 0 };
}

function judge(endpoint, response) {
  const tags = { endpoint: endpoint.name };
  const isAnswered = response.status >= 200 && response.status <= 299;
  check(response, { "status is 2xx": () => isAnswered }, tags);
  if (!isAnswered) {
    countFailure(endpoint, failureCause(response.status, response.error_code));
    return;
  }
  requestFailed.add(false, tags);
  const mistake = shapeMistake(endpoint.answers, response.body || "");
  shapeErrors.add(mistake !== undefined, tags);
  check(response, { "answer has the shape of works": () => mistake === undefined }, tags);
}

function countFailure(endpoint, cause) {
  requestFailed.add(true, { endpoint: endpoint.name });
  failures.add(1, { endpoint: endpoint.name, cause });
}

function readData() {
  try {
    return open(dataFile);
  } catch (error) {
    throw new Error(`WORKS_DATA=${dataFile} cannot be read; it is looked for beside works-list.js (loadtest/k6): ${error.message}`);
  }
}

function pick(items) {
  return items[Math.floor(Math.random() * items.length)];
}

function hex(buffer) {
  return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

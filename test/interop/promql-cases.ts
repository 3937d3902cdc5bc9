import { formatDuration } from "../../collector/promql/parse-duration.ts";
import { draws } from "../contract/draws.ts";

/** Random series and random expressions over them, the same for the same seed. */
export interface PromqlCases {
  readonly series: readonly { readonly series: string; readonly values: string }[];
  readonly queries: readonly { readonly expr: string; readonly atMs: number }[];
}

export const STEP_MS = 5000;
const STEPS = 60;
export const END_MS: number = STEPS * STEP_MS;

export function promqlCases(seed: number, count: number): PromqlCases {
  const draw = new Draw(seed);
  const series = randomSeries(draw);
  const queries = Array.from({ length: count }, () => ({
    expr: vector(draw, 1 + draw.below(3)),
    atMs: draw.one([draw.below(STEPS) * STEP_MS, draw.below(STEPS * STEP_MS)]),
  }));
  return { series, queries };
}

class Draw {
  readonly #next: () => number;
  constructor(seed: number) {
    this.#next = draws(seed);
  }
  below(limit: number): number {
    return Math.floor(this.#next() * limit);
  }
  chance(probability: number): boolean {
    return this.#next() < probability;
  }
  one<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }
}

const HOSTS = ["a", "b"].flatMap((job) => ["1", "2"].map((instance) => `job="${job}",instance="${instance}"`));
const BOUNDS = ["0.5", "1", "2.5", "+Inf"];

/** Gauges have quarters as values, so that no sum depends on its order. */
function randomSeries(draw: Draw): PromqlCases["series"] {
  return HOSTS.flatMap((host) => [
    { series: `g{${host}}`, values: walk(draw, () => (draw.below(4000) - 1000) / 4) },
    { series: `n{${host}}`, values: walk(draw, () => (draw.chance(0.2) ? Number.NaN : draw.below(100) / 4)) },
    ...["200", "429", "500"].map((code) => ({ series: `c_total{${host},code="${code}"}`, values: counter(draw) })),
    ...histogram(draw, host),
  ]).concat(["a", "b"].map((job) => ({ series: `limit{job="${job}"}`, values: `${100 + draw.below(200)}x${STEPS}` })));
}

function walk(draw: Draw, value: () => number): string {
  return Array.from({ length: STEPS }, () => (draw.chance(0.05) ? "_" : draw.chance(0.01) ? "stale" : String(value()))).join(" ");
}

function counter(draw: Draw): string {
  const birth = draw.chance(0.3) ? draw.below(30) : 0;
  let value = draw.chance(0.5) ? 0 : draw.below(1000);
  const steps = Array.from({ length: STEPS }, (_, step) => {
    if (step < birth || draw.chance(0.05)) return "_";
    value = draw.chance(0.03) ? draw.below(20) : value + draw.below(60);
    return String(value);
  });
  return steps.join(" ");
}

function histogram(draw: Draw, host: string): PromqlCases["series"] {
  const counts = BOUNDS.map(() => 0);
  const rows = Array.from({ length: STEPS }, () => {
    const quiet = draw.chance(0.2);
    BOUNDS.forEach((_, bucket) => {
      const more = quiet ? 0 : draw.below(10);
      for (let above = bucket; above < BOUNDS.length; above++) counts[above] = (counts[above] as number) + more;
    });
    return [...counts];
  });
  return BOUNDS.map((le, bucket) => ({ series: `h_bucket{${host},le="${le}"}`, values: rows.map((row) => row[bucket]).join(" ") }));
}

const MATCHERS = ['job="a"', 'job!="a"', 'instance=~"1|2"', 'instance!~"1"', 'job=~".*"', 'code=~"4..|5.."', 'missing=""', 'instance="9"'];

function selector(draw: Draw, name: string): string {
  const matchers = MATCHERS.filter(() => draw.chance(0.1));
  if (draw.chance(0.05)) return `{${[`__name__=~"${name}|limit"`, ...matchers].join(",")}}`;
  return matchers.length === 0 ? name : `${name}{${matchers.join(",")}}`;
}

function shift(draw: Draw): string {
  if (draw.chance(0.05)) return ` @ ${draw.below(300)}`;
  return draw.chance(0.15) ? ` offset ${formatDuration(1000 * (1 + draw.below(60)))}` : "";
}

function gauge(draw: Draw): string {
  return draw.one(["g", "g", "g", "n", "limit", "c_total"]);
}

function range(draw: Draw): string {
  return `[${formatDuration(1000 * draw.one([4, 5, 10, 15, 20, 30, 37, 60, 120, 300]))}]`;
}

function overRange(draw: Draw): string {
  const counterRange = `${selector(draw, "c_total")}${range(draw)}${shift(draw)}`;
  const gaugeRange = `${selector(draw, gauge(draw))}${range(draw)}${shift(draw)}`;
  // Without @: Prometheus 2 lets such a selector move with the steps of the subquery under predict_linear.
  const stepped = leaf(draw).replaceAll(/ @ \d+/g, "");
  const window = draw.chance(0.08) ? `${stepped}[${draw.one(["30s", "1m", "47s"])}:${draw.one(["5s", "10s", "7s"])}]${shift(draw)}` : gaugeRange;
  return draw.one([
    () => `rate(${counterRange})`,
    () => `increase(${counterRange})`,
    () => `irate(${counterRange})`,
    () => `${draw.one(["delta", "idelta", "deriv", "resets", "changes"])}(${window})`,
    () => `${draw.one(["min", "max", "avg", "sum", "count", "last", "present", "stddev", "stdvar"])}_over_time(${window})`,
    () => `quantile_over_time(${draw.one([0, 0.25, 0.5, 0.9, 1, 1.5, -1])}, ${window})`,
    () => `predict_linear(${window}, ${draw.one([-30, 0, 60, 120])})`,
    () => `absent_over_time(${window})`,
  ])();
}

function leaf(draw: Draw): string {
  return draw.chance(0.5) ? `${selector(draw, gauge(draw))}${shift(draw)}` : overRange(draw);
}

function scalar(draw: Draw): string {
  return draw.one([
    () => "0",
    () => "2",
    () => "0.5",
    () => "-7",
    () => "1e3",
    () => "time()",
    () => `scalar(${leaf(draw)})`,
    () => "NaN",
    () => "+Inf",
  ])();
}

const GROUPINGS = ["by (job)", "by (job, instance)", "without (instance)", "without (code)", "by ()", "", "by (missing)"];

function aggregation(draw: Draw, depth: number): string {
  const inner = vector(draw, depth - 1);
  const grouping = draw.one(GROUPINGS);
  return draw.one([
    () => `${draw.one(["sum", "min", "max", "avg", "count", "group"])} ${grouping} (${inner})`,
    // Of finite values: of one NaN alone Prometheus 2 says 0, Prometheus 3 says NaN.
    () => `${draw.one(["stddev", "stdvar"])} ${grouping} (${draw.one(["g", "limit", "c_total"])})`,
    () => `quantile ${grouping} (${draw.one([0, 0.5, 0.9, 2])}, ${inner})`,
    () => `count_values ${grouping} ("v", ${draw.one(["limit", "g"])})`,
    () => `count(${draw.one(["topk", "bottomk"])} ${grouping} (${draw.one([1, 2, 0])}, ${inner}))`,
    () => `histogram_quantile(${draw.one([0, 0.5, 0.95, 1, 1.2, -1])}, sum ${draw.one(["by (le)", "by (job, le)"])} (rate(h_bucket${range(draw)})))`,
    () => `histogram_quantile(${draw.one([0.1, 0.9])}, h_bucket)`,
  ])();
}

const MATCHING = ["", "", "on (job, instance) ", "on (job) ", "ignoring (code) ", "ignoring (instance) ", "on () "];
const GROUPED = [
  "on (job) group_left ",
  "ignoring (code) group_left ",
  "on (job, instance) group_left (code) ",
  "on (job) group_right () ",
  "ignoring (instance) group_right ",
];

/** Without brackets: what binds tighter, an operator or what stands behind a selector? */
function chain(draw: Draw): string {
  const operand = () => `${draw.chance(0.15) ? "-" : ""}${draw.one(["g", "g", "limit", "2", "sum(g)"])}`;
  const parts = Array.from({ length: 2 + draw.below(3) }, () => {
    const one = operand();
    return /[a-z]$/.test(one) ? `${one}${shift(draw)}` : one;
  });
  return parts.reduce((left, right) => `${left} ${draw.one(["+", "-", "*", "/", "%", "^"])} ${right}`);
}

function binary(draw: Draw, depth: number): string {
  const [left, right] = [vector(draw, depth - 1), vector(draw, depth - 1)];
  const arithmetic = draw.one(["+", "-", "*", "/", "%", "^"]);
  const comparison = draw.one(["==", "!=", "<", "<=", ">", ">="]);
  return draw.one([
    () => `(${left}) ${arithmetic} ${scalar(draw)}`,
    () => `${draw.one(["sum(g)", "-g", `g${shift(draw)}`])} ${arithmetic} ${chain(draw)}`,
    () => `${scalar(draw)} ${arithmetic} (${left})`,
    () => `(${left}) ${comparison} ${draw.chance(0.3) ? "bool " : ""}${scalar(draw)}`,
    () => `${scalar(draw)} ${comparison} ${draw.chance(0.3) ? "bool " : ""}(${left})`,
    () => `(${left}) ${draw.one(["and", "or", "unless"])} ${draw.one(MATCHING)}(${right})`,
    () => `(${left}) ${arithmetic} ${draw.one(MATCHING)}(${right})`,
    () => `(${left}) ${comparison} ${draw.chance(0.3) ? "bool " : ""}${draw.one(MATCHING)}(${right})`,
    () => `${selector(draw, draw.one(["g", "n"]))} ${draw.one([arithmetic, comparison])} on (job, instance) ${selector(draw, draw.one(["g", "n"]))}`,
    () => `sum by (job, instance, code) (${left}) ${arithmetic} ${draw.one(GROUPED)}sum by (job) (${right})`,
    () => `(${left}) ${comparison} ${draw.one(GROUPED)}limit`,
  ])();
}

function call(draw: Draw, depth: number): string {
  const inner = vector(draw, depth - 1);
  return draw.one([
    () => `${draw.one(["abs", "ceil", "floor", "sqrt", "sgn", "exp", "ln", "log2", "log10"])}(${inner})`,
    () => `round(${inner}${draw.one(["", ", 5", ", 0.25"])})`,
    () => `clamp(${inner}, ${draw.one(["-5", "0"])}, ${draw.one(["10", "-6"])})`,
    () => `${draw.one(["clamp_min", "clamp_max"])}(${inner}, 3)`,
    () =>
      `label_replace(${inner}, "${draw.one(["to", "job"])}", "${draw.one(["x-$1", "", "${1}y"])}", "instance", "${draw.one(["(.*)", "(1)", "2"])}")`,
    () => `absent(${inner})`,
    () => `timestamp(${inner})`,
    () => `sort(${inner})`,
    () => `vector(${scalar(draw)})`,
    () => `-(${inner})`,
    () => `${draw.one(["minute", "hour", "day_of_week", "day_of_month", "days_in_month", "month", "year"])}(timestamp(${inner}) * 86399)`,
  ])();
}

function vector(draw: Draw, depth: number): string {
  if (depth <= 0) return leaf(draw);
  return draw.one([
    () => leaf(draw),
    () => aggregation(draw, depth),
    () => aggregation(draw, depth),
    () => binary(draw, depth),
    () => binary(draw, depth),
    () => call(draw, depth),
  ])();
}

import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import type { RunLedger, SampledSpan, SampledTrace } from "../../collector/model/ledger.ts";
import { NO_CONDITIONS } from "../../collector/model/run.ts";
import { type Counts, type LedgerBuilder, ledgerOf, type RequestsShape, T0 } from "../unit/diagnose/ledger-builder.ts";

/**
 * A scenario is a text: what each hop saw of a run, and what is to be said of it. Seconds count from the start of the load. See cases/*.yaml; what a
 * row of `given` may hold is what the ledger builder's calls take.
 */
const HOPS = ["client", "proxy", "application", "store"] as const;
const RANGE = z.tuple([z.number(), z.number()]);
/** A number; one for each second; `{0: 60, 20: 5}` from those seconds on; `{ramp: [a, b]}` in a straight line, with `rest` only under load. */
const VALUES = z.union([
  z.number(),
  z.array(z.number()),
  z.strictObject({ ramp: RANGE, rest: z.number().optional() }),
  z.record(z.string(), z.number()),
]);
const MS = z.union([z.number(), z.strictObject({ around: z.number(), spread: z.number() }), z.record(z.string(), z.number())]);

const requests = {
  counts: z.record(z.string(), z.number()),
  witness: z.string().optional(),
  instance: z.string().optional(),
  source: z.enum(["requests", "metrics", "logs", "spans"]).optional(),
  scenario: z.string().optional(),
  name: z.string().optional(),
  at: z.union([z.number(), RANGE]).optional(),
  ms: MS.optional(),
  timeoutMs: z.number().optional(),
  each: z.record(z.string(), z.number()).optional(),
  total: z.record(z.string(), z.number()).optional(),
  saysStatus: z.boolean().optional(),
  /** No durations at all, as in a log of the combined format. */
  isUntimed: z.boolean().optional(),
};
const series = {
  values: VALUES,
  hop: z.enum(["client", "network", "proxy", "application", "store"]).optional(),
  at: RANGE.optional(),
  every: z.number().optional(),
  unit: z.string().optional(),
  instance: z.string().optional(),
  witness: z.string().optional(),
  attributes: z.record(z.string(), z.string()).optional(),
  /** Of a histogram: values a point. */
  n: z.number().optional(),
};
const ROW = z.union([
  ...HOPS.map((hop) => z.strictObject({ [hop]: z.string(), ...requests })),
  z.strictObject({ gauge: z.string(), ...series }),
  z.strictObject({ counter: z.string(), ...series }),
  z.strictObject({ histogram: z.string(), ...series }),
  z.strictObject({ joins: z.string(), n: z.number(), at: z.number().optional(), means: z.record(z.string(), z.number()) }),
  z.strictObject({
    traces: z.string(),
    why: z.enum(["slow", "failed", "sample"]).optional(),
    ms: z.number(),
    /** One trace for each size; `sizeAttribute` of its server span. */
    sizes: z.array(z.number()),
    sizeAttribute: z.string().optional(),
    /** `perSize` × size + `plus` spans of this name in each. */
    calls: z.array(
      z.strictObject({
        name: z.string(),
        hop: z.enum(["application", "store"]),
        ms: z.number(),
        perSize: z.number().optional(),
        plus: z.number().optional(),
        attributes: z.record(z.string(), z.string()).optional(),
      }),
    ),
  }),
  z.strictObject({
    witness: z.string(),
    hop: z.enum(["client", "proxy", "application", "store"]),
    survivorsOnly: z.enum(["yes", "no", "unknown"]).optional(),
    correction: z.string().optional(),
  }),
]);

const SCENARIO = z.strictObject({
  title: z.string(),
  load: z.strictObject({ seconds: z.number(), before: z.number().default(0), after: z.number().default(0) }),
  run: z
    .strictObject({
      target: z.string().optional(),
      environment: z.record(z.string(), z.string()).optional(),
      labels: z.record(z.string(), z.string()).optional(),
      exit: z.number().optional(),
    })
    .default({}),
  gates: z.array(z.string()).default([]),
  phases: z
    .array(z.strictObject({ name: z.string(), kind: z.enum(["ramp", "hold", "cool", "scenario"]), from: z.number(), to: z.number() }))
    .default([]),
  marks: z
    .array(
      z.strictObject({
        text: z.string(),
        at: z.number(),
        kind: z.enum(["user", "alert", "system"]).optional(),
        labels: z.record(z.string(), z.string()).optional(),
      }),
    )
    .default([]),
  losses: z
    .array(z.strictObject({ component: z.string(), signal: z.enum(["traces", "metrics", "logs", "lines"]), reason: z.string(), items: z.number() }))
    .default([]),
  given: z.array(ROW),
  expect: z.strictObject({
    verdict: z.enum(["passed", "failed", "inconclusive", "invalid"]),
    hop: z.string().optional(),
    confidence: z.enum(["high", "medium", "low"]).optional(),
    /** Parts of the first sentence. */
    says: z.array(z.string()).default([]),
    /** Every rule that has a finding, in order of the findings, each once; with state and confidence where they matter: `D4 proven high`. */
    rules: z.array(z.string()),
    /** Every hop that is excluded. */
    excluded: z.array(z.string()).default([]),
    /** Gaps that must be told, and such that must not. */
    gaps: z.array(z.string()).default([]),
    noGaps: z.array(z.string()).default([]),
    memory: z.record(z.string(), z.string()).default({}),
    /** By expression: its state, and optionally what was measured. */
    gates: z.record(z.string(), z.string()).default({}),
  }),
});

export type Scenario = z.infer<typeof SCENARIO>;

/** Throws where the text is no scenario, with the place. */
export function readScenario(path: string): Scenario {
  const read = SCENARIO.safeParse(parse(readFileSync(path, "utf8")));
  if (!read.success) throw new Error(`${path}: ${z.prettifyError(read.error)}`);
  return read.data;
}

export function ledgerOfScenario(scenario: Scenario): RunLedger {
  const { load, run } = scenario;
  const builder = ledgerOf({
    loadSeconds: load.seconds,
    beforeSeconds: load.before,
    afterSeconds: load.after,
    run: {
      labels: run.labels ?? {},
      exit: { code: run.exit ?? 0, signal: null },
      conditions: {
        ...NO_CONDITIONS,
        generator: "k6 2.2.0",
        command: ["k6", "run", "works.js"],
        target: run.target ?? "http://10.0.0.5",
        environment: run.environment ?? {},
      },
      gates: scenario.gates.map((expression) => ({ expression, phase: "", source: "scenario" })),
    },
  });
  const traces: SampledTrace[] = [];
  for (const row of scenario.given) addRow(builder, traces, load.seconds, row);
  for (const { name, kind, from, to } of scenario.phases) builder.phase(name, kind, from, to);
  for (const { text, at, kind, labels } of scenario.marks) builder.mark(text, at, kind ?? "user", labels ?? {});
  const ledger = builder.with({ losses: scenario.losses, ...(traces.length > 0 ? { traces } : {}) }).ledger();
  // A proxy writes the status that it sent, whether or not the answer got out whole.
  const cells = ledger.cells.map((cell) =>
    cell.hop === "proxy" && cell.errorKind === "aborted" && cell.status === 0 ? { ...cell, status: 200 } : cell,
  );
  return { ...ledger, cells };
}

type Row = Scenario["given"][number];

function addRow(builder: LedgerBuilder, traces: SampledTrace[], loadSeconds: number, row: Row): void {
  if ("gauge" in row || "counter" in row || "histogram" in row) addSeries(builder, loadSeconds, row);
  else if ("joins" in row) builder.joins(row.joins, row.n, row.means, row.at === undefined ? {} : { at: row.at });
  else if ("traces" in row) traces.push(...tracesOf(builder, row));
  else if ("counts" in row) {
    const { counts, ms, ...rest } = row as { counts: Record<string, number>; ms?: z.infer<typeof MS> } & Record<string, unknown>;
    const hop = HOPS.find((one) => one in rest) as (typeof HOPS)[number];
    const { [hop]: endpoint, ...shape } = rest;
    builder.requests(hop, endpoint as string, counts as Counts, { ...shape, ...(ms === undefined ? {} : { ms: durationOf(ms) }) } as RequestsShape);
  } else {
    const { witness, ...said } = row as { witness: string; hop: "client" };
    builder.witness({ ...said, name: witness });
  }
}

function addSeries(builder: LedgerBuilder, loadSeconds: number, row: Extract<Row, { values: unknown }>): void {
  const { values, n, ...rest } = row;
  const [kind, name] =
    "gauge" in row
      ? (["gauge", row.gauge] as const)
      : "counter" in row
        ? (["counter", row.counter] as const)
        : (["histogram", row.histogram] as const);
  const { gauge: _g, counter: _c, histogram: _h, ...shape } = rest as Record<string, unknown>;
  const at = (rest.at ?? [0, loadSeconds]) as readonly [number, number];
  builder.gauge(name, { ...shape, kind, values: valueAt(values, at, loadSeconds) });
  // A histogram's values are means; each point is of `n` of them.
  if (kind === "histogram" && n !== undefined) {
    const ledger = builder.ledger();
    const gauges = ledger.gauges.map((one, index) =>
      index < ledger.gauges.length - 1 ? one : { ...one, points: one.points.map((point) => ({ ...point, n, sum: point.last * n })) },
    );
    (ledger.gauges as (typeof gauges)[number][]).splice(0, gauges.length, ...gauges);
  }
}

function valueAt(
  values: z.infer<typeof VALUES>,
  [from, to]: readonly [number, number],
  loadSeconds: number,
): number | readonly number[] | ((second: number) => number | undefined) {
  if (typeof values === "number" || Array.isArray(values)) return values;
  if ("ramp" in values) {
    const { ramp, rest } = values as { ramp: [number, number]; rest?: number };
    const [start, length] = rest === undefined ? [from, to - 1 - from] : [0, loadSeconds - 1];
    return (second) =>
      rest !== undefined && (second < 0 || second >= loadSeconds) ? rest : ramp[0] + ((ramp[1] - ramp[0]) * (second - start)) / length;
  }
  const steps = Object.entries(values as Record<string, number>)
    .map(([second, value]) => [Number(second), value] as const)
    .sort(([a], [b]) => b - a);
  return (second) => steps.find(([start]) => start <= second)?.[1];
}

/** Spread evenly on a logarithmic scale, the same every time. */
function durationOf(ms: z.infer<typeof MS>): NonNullable<RequestsShape["ms"]> {
  if (typeof ms === "number" || !("around" in ms)) return ms;
  const { around, spread } = ms as { around: number; spread: number };
  return (index) => around * Math.exp(spread * (((index * 0.618_033_988_75) % 1) + ((index * 0.414_213_562_37) % 1) - 1));
}

function tracesOf(builder: LedgerBuilder, row: Extract<Row, { traces: string }>): readonly SampledTrace[] {
  const endpoint = builder.index(row.traces);
  return row.sizes.map((size, index) => {
    const startUnixMs = (T0 + index) * 1000;
    const server: SampledSpan = {
      hop: "application",
      witness: "api-server",
      name: row.traces,
      spanId: "s0",
      parentSpanId: "",
      startUnixMs,
      endUnixMs: startUnixMs + row.ms,
      failed: false,
      attributes: row.sizeAttribute === undefined ? {} : { [row.sizeAttribute]: String(size) },
    };
    const calls = row.calls.flatMap(({ name, hop, ms, perSize = 0, plus = 0, attributes = {} }) =>
      Array.from(
        { length: perSize * size + plus },
        (_, at): SampledSpan => ({
          hop,
          witness: "api-server",
          name,
          spanId: `${name}-${at}`,
          parentSpanId: "s0",
          startUnixMs,
          endUnixMs: startUnixMs + ms,
          failed: false,
          attributes,
        }),
      ),
    );
    return {
      why: row.why ?? "sample",
      endpoint,
      traceId: `t${index}`,
      durationMs: row.ms,
      outcome: "ok",
      errorKind: undefined,
      spans: [server, ...calls],
    };
  });
}

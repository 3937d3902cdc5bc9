import type { Diagnosis, Evidence, Finding } from "../diagnose/diagnosis.ts";
import type { RunLedger } from "../model/ledger.ts";
import { gaugeCharts } from "./gauge-charts.ts";
import { redactCommand, redactRecord, redactText } from "./redact.ts";
import { loadCharts } from "./report-charts.ts";
import { reportFailures } from "./report-failures.ts";
import { hopRows } from "./report-hops.ts";
import { reportPrinted } from "./report-printed.ts";
import { REPORT_SCHEMA_ID, type ReportEndpoint, type ReportEvidence, type ReportFinding, type RunReport } from "./report-schema.ts";
import { endpointOf } from "./report-streams.ts";
import { summarySentences } from "./report-summary.ts";
import { reportLogs, reportTraces } from "./report-traces.ts";
import { orNull, rounded } from "./round-number.ts";
import { plainSentence } from "./verdict-words.ts";

/** Turns what is known of a run and what was concluded from it into the plain document that every renderer takes. */
export function buildReport(ledger: RunLedger, diagnosis: Diagnosis): RunReport {
  const [whole] = diagnosis.digest.scopes;
  const gauges = gaugeCharts(ledger);
  const traces = reportTraces(ledger, diagnosis);
  const views = whole?.endpoints ?? [];
  const isOperation = (view: (typeof views)[number]) => [...view.streams.keys()].every((hop) => hop === "store");
  const body = {
    ...conclusions(diagnosis),
    offered: offeredLoad(diagnosis),
    hops: hopRows(diagnosis),
    endpoints: views
      .filter((view) => !isOperation(view))
      .map(endpointOf)
      .toSorted((a, b) => mostFailed(b) - mostFailed(a)),
    operations: toldOnce(views.filter(isOperation).map(endpointOf)),
    printed: reportPrinted(ledger),
    failures: reportFailures(ledger, diagnosis),
    ...moments(ledger, diagnosis),
    charts: [...loadCharts(ledger, diagnosis), ...gauges.charts],
    chartsLeftOut: gauges.leftOut,
    still: gauges.still,
    traces,
    ...reportLogs(ledger, traces),
    witnesses: ledger.witnesses.map(({ hop, name, sources, format, firstUnixMs, lastUnixMs, items, limits }) => {
      return { hop, name, sources, format, firstUnixMs, lastUnixMs, items, limits };
    }),
    losses: ledger.losses.map(({ component, signal, reason, items, concerns }) => ({
      component,
      signal,
      reason,
      items,
      concerns: concerns ?? ("numbers" as const),
    })),
    notes: notesOf(ledger),
  };
  const head = { $schema: REPORT_SCHEMA_ID, schemaVersion: "1", run: runOf(ledger, diagnosis), conditions: conditionsOf(ledger) } as const;
  return { ...head, summary: summarySentences({ ...head, ...body }), ...body };
}

/** What two files say in the same words is said once. */
function notesOf({ notes }: RunLedger): RunReport["notes"] {
  return [...new Map(notes.map(({ code, text }) => [`${code} ${text}`, { code, text: redactText(text) }])).values()];
}

/** Calls that a service counts by metrics, and once more by spans under a longer name of the same beginning, are told by the metrics. */
function toldOnce(operations: readonly ReportEndpoint[]): readonly ReportEndpoint[] {
  const counted = operations.filter(({ streams }) => streams.every(({ isUnsure }) => !isUnsure));
  return operations.filter((one) => counted.includes(one) || !counted.some(({ endpoint }) => one.endpoint.startsWith(`${endpoint} `)));
}

function mostFailed({ streams }: RunReport["endpoints"][number]): number {
  return Math.max(0, ...streams.map(({ failed }) => failed));
}

function runOf({ run }: RunLedger, diagnosis: Diagnosis): RunReport["run"] {
  const origin = Math.floor(run.startUnixMs / 1000);
  const scope = diagnosis.digest.scopes[0]?.scope;
  const [start, end] = [scope?.startSecond ?? origin, scope?.endSecond ?? origin];
  return {
    id: run.id,
    name: run.name,
    labels: run.labels,
    state: run.state,
    startUnixMs: run.startUnixMs,
    endUnixMs: orNull(run.endUnixMs),
    loadStartSecond: start - origin,
    loadEndSecond: end - origin,
    loadSeconds: end - start,
    exit: orNull(run.exit),
  };
}

function conditionsOf({ run: { conditions } }: RunLedger): RunReport["conditions"] {
  return {
    command: redactCommand(conditions.command),
    generator: conditions.generator,
    target: redactText(conditions.target),
    scriptHash: conditions.scriptHash,
    dataset: conditions.dataset,
    versions: conditions.versions,
    host: conditions.host,
    environment: redactRecord(conditions.environment),
    config: redactText(conditions.config),
  };
}

function offeredLoad(diagnosis: Diagnosis): RunReport["offered"] {
  const offered = diagnosis.digest.scopes[0]?.offered;
  return {
    iterations: orNull(offered?.iterations),
    droppedIterations: orNull(offered?.droppedIterations),
    interruptedIterations: orNull(offered?.interruptedIterations),
    requestsPerIteration: rounded(offered?.requestsPerIteration),
    vusMax: orNull(offered?.vusMax),
    targetPerSecond: rounded(offered?.targetPerSecond),
    achievedPerSecond: rounded(offered?.achievedPerSecond),
  };
}

type Conclusions = Pick<RunReport, "verdict" | "gates" | "decompositions" | "laws" | "findings" | "exclusions" | "gaps" | "memory" | "skew">;

function conclusions(diagnosis: Diagnosis): Conclusions {
  const { verdict } = diagnosis;
  return {
    verdict: { ...verdict, hop: orNull(verdict.hop), sentence: plainSentence(verdict) },
    gates: diagnosis.gates,
    decompositions: diagnosis.decompositions.map((one) => ({
      ...one,
      totalMs: rounded(one.totalMs),
      parts: one.parts.map((part) => ({ ...part, meanMs: rounded(part.meanMs) ?? 0 })),
    })),
    laws: diagnosis.laws.map((law) => ({
      ...law,
      left: rounded(law.left),
      right: rounded(law.right),
      difference: rounded(law.difference),
      tolerance: rounded(law.tolerance),
      evidence: law.evidence.map(evidenceOf),
    })),
    findings: diagnosis.findings.map(findingOf),
    exclusions: diagnosis.exclusions.map(({ hop, claim, evidence }) => ({ hop, claim, evidence: evidence.map(evidenceOf) })),
    gaps: diagnosis.gaps.map((gap) => ({ ...gap, hop: orNull(gap.hop) })),
    memory: diagnosis.memory,
    skew: diagnosis.skew.map((one) => ({ ...one, lowerMs: rounded(one.lowerMs), upperMs: rounded(one.upperMs) })),
  };
}

function findingOf(finding: Finding): ReportFinding {
  return {
    ...finding,
    hop: orNull(finding.hop),
    evidence: finding.evidence.map(evidenceOf),
    counterEvidence: finding.counterEvidence.map(evidenceOf),
  };
}

function evidenceOf(evidence: Evidence): ReportEvidence {
  return { ...evidence, n: orNull(evidence.n) };
}

/** Phases and marks, in seconds from the run's start. */
function moments({ run }: RunLedger, { phases, marks }: Diagnosis): Pick<RunReport, "phases" | "marks"> {
  const originMs = Math.floor(run.startUnixMs / 1000) * 1000;
  const second = (unixMs: number) => Math.round((unixMs - originMs) / 100) / 10;
  return {
    phases: phases.map(({ name, kind, startUnixMs, endUnixMs, source }) => ({
      name,
      kind,
      source,
      startSecond: second(startUnixMs),
      endSecond: second(endUnixMs),
    })),
    marks: marks.map(({ timeUnixMs, text, kind, labels }) => ({ second: second(timeUnixMs), timeUnixMs, text: redactText(text), kind, labels })),
  };
}

import type { Hop } from "../model/catalog.ts";
import type { Mark, RunPhase } from "../model/run.ts";
import type { MemoryClass } from "../stats/memory-class.ts";
import type { RunDigest } from "./digest-types.ts";

export type Confidence = "high" | "medium" | "low";

/** A number that was used, so that anybody can look for himself. */
export interface Evidence {
  /** What it is, in words: `requests that the client sent to GET /api/works`. */
  readonly what: string;
  /** Where it was read: `k6 http_reqs`, `nginx $status`, `genarrative.http.server.request_permits.available`. */
  readonly field: string;
  /** Name of the scope: `load`, `hold`. */
  readonly window: string;
  /** With its unit, as people read it. */
  readonly value: string;
  /** Of how many requests or points; undefined where that means nothing. */
  readonly n: number | undefined;
  /** How it was computed where that is not plain: `sum of rows with status 502`; "" else. */
  readonly how: string;
}

/**
 * `proven`: every condition held. `consistent`: nothing speaks against it and it is not shown. `risk`: it was seen and did not cost this run
 * anything.
 */
export type FindingState = "proven" | "consistent" | "risk";

/** What is the matter, with whom, and how sure. */
export interface Finding {
  /** Id of the rule: `D4`, `L3`. */
  readonly rule: string;
  /** Who is to blame. undefined: the test itself, or nobody in particular. */
  readonly hop: Hop | undefined;
  /** `invalid`: the run does not measure what it was made for. `failure`: requests were lost. `slow`: time was spent. `risk`: neither, yet. */
  readonly effect: "invalid" | "failure" | "slow" | "risk";
  readonly state: FindingState;
  readonly confidence: Confidence;
  /** One sentence without a full stop at its end, with numbers: `1 032 of 4 661 requests timed out while the answer was on its way`. */
  readonly claim: string;
  /** "" = all of the run. */
  readonly endpoint: string;
  readonly scope: string;
  readonly evidence: readonly Evidence[];
  /** What speaks against it; printed too. */
  readonly counterEvidence: readonly Evidence[];
  /** What to do or to measure next; one sentence. */
  readonly nextStep: string;
  /** Failed requests that it explains, for the order of findings; 0 where it explains none. */
  readonly requests: number;
}

/** A hop that was not it, and why. */
export interface Exclusion {
  readonly hop: Hop;
  readonly claim: string;
  readonly evidence: readonly Evidence[];
}

/** What nobody measured, and what that costs. */
export interface Gap {
  /** `no-proxy-log`, `no-after-samples`: stable. */
  readonly id: string;
  readonly hop: Hop | undefined;
  readonly what: string;
  /** What can therefore not be told. */
  readonly effect: string;
  readonly remedy: string;
}

/** `holds` within its tolerance, `broken` beyond it, `unknown` where a side was not measured. */
export type LawState = "holds" | "broken" | "unknown";

/** A law of conservation, held against one endpoint within one scope. */
export interface LawResult {
  readonly law: "L1" | "L2" | "L3" | "L4" | "L5" | "L6" | "L7" | "L8";
  readonly scope: string;
  /** "" = all endpoints together. */
  readonly endpoint: string;
  readonly state: LawState;
  /** `sent − connection errors = arrived at the proxy`. */
  readonly statement: string;
  readonly left: number | undefined;
  readonly right: number | undefined;
  /** left − right; positive = lost between left and right. */
  readonly difference: number | undefined;
  readonly tolerance: number | undefined;
  /** What makes up the tolerance, or what is missing. */
  readonly note: string;
  readonly evidence: readonly Evidence[];
}

/** Where the time of a successful request goes, from means over the same requests, or else side by side. */
export interface Decomposition {
  readonly scope: string;
  readonly endpoint: string;
  /** `trace`, `request`: joined requests. `aggregate`: means of all, each hop by itself; a part is then not told where its ends are of different requests. */
  readonly by: "trace" | "request" | "aggregate";
  /** Requests that the means are of. */
  readonly n: number;
  readonly totalMs: number | undefined;
  /** In the order of the river; their sum is `totalMs` within rounding where `isComplete`. */
  readonly parts: readonly {
    /** `blocked`, `send`, `R1`…`R6`, `store`, `recv` … */
    readonly id: string;
    readonly hop: Hop;
    readonly label: string;
    readonly meanMs: number;
    readonly n: number;
  }[];
  readonly isComplete: boolean;
  readonly note: string;
}

/** What a resource did before, during and after the load. */
export interface MemoryReading {
  readonly series: string;
  readonly witness: string;
  readonly instance: string;
  readonly class: MemoryClass;
  readonly sentence: string;
}

export interface SkewReading {
  readonly outer: Hop;
  readonly inner: Hop;
  /** ms to be added to the inner clock. */
  readonly lowerMs: number | undefined;
  readonly upperMs: number | undefined;
  readonly state: string;
  readonly pairs: number;
}

export type GateState = "passed" | "failed" | "undecided";

/** A threshold and what became of it. */
export interface GateResult {
  /** As written: `p95 < 2000ms`. */
  readonly expression: string;
  /** Where it came from: a file with its line, a preset, or the generator itself. */
  readonly source: string;
  readonly scope: string;
  readonly state: GateState;
  /** What was measured, with its unit; "" where nothing was. */
  readonly actual: string;
  readonly note: string;
}

/**
 * `passed`: the gates hold and nothing was lost beyond them. `failed`: a gate does not hold, or without gates requests failed. `inconclusive`: the
 * run cannot say. `invalid`: the test did not measure what it was made for.
 */
export interface Verdict {
  readonly result: "passed" | "failed" | "inconclusive" | "invalid";
  /** Where requests or time were lost; undefined where nowhere, or not known. */
  readonly hop: Hop | undefined;
  readonly confidence: Confidence;
  /** The first line of every report; no full stop at its end. */
  readonly sentence: string;
  /** Two or three more sentences for whoever reads on. */
  readonly reasons: readonly string[];
}

export interface Diagnosis {
  readonly digest: RunDigest;
  readonly phases: readonly RunPhase[];
  readonly marks: readonly Mark[];
  readonly laws: readonly LawResult[];
  readonly decompositions: readonly Decomposition[];
  readonly gates: readonly GateResult[];
  /** The one that explains most first. */
  readonly findings: readonly Finding[];
  readonly exclusions: readonly Exclusion[];
  readonly gaps: readonly Gap[];
  readonly memory: readonly MemoryReading[];
  readonly skew: readonly SkewReading[];
  readonly verdict: Verdict;
}

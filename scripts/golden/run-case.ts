import { covers } from "./compare.ts";
import { convertOp } from "./convert.ts";
import { exposeOp, scrapeAcceptedOp } from "./expose.ts";
import { customBucketsOp, customOp, exponentialBucketsOp, exponentialOp } from "./histograms.ts";
import { escaped, labelOf, labelValueOf, nameOf, ucumOf, unitOf, validity } from "./names.ts";
import { exemplarOp, labelsOp, targetInfoOp, timestampOp } from "./parts.ts";
import type { Fields, GoldenCase } from "./read-cases.ts";

export interface Judged {
  readonly passed: boolean;
  readonly got: unknown;
  /** Why there is nothing to compare; else "". */
  readonly problem: string;
}

/** How a case is run, and how its answer is compared where "says all that is expected" is not enough. */
export interface Op {
  readonly run: (input: Fields) => unknown;
  readonly matches?: (got: unknown, expected: unknown) => boolean;
}

/** By kind, then by `op`; "" = without one. */
const OPS: Readonly<Record<string, Readonly<Record<string, Op>>>> = {
  name: { "": { run: nameOf }, escape: { run: escaped }, isValidMetricName: { run: validity } },
  label: { "": { run: labelOf }, value: { run: labelValueOf } },
  unit: { "": { run: unitOf }, promToUcum: { run: ucumOf } },
  metric: {
    labels: labelsOp,
    convert: convertOp,
    targetInfo: targetInfoOp,
    exemplar: exemplarOp,
    timestampMs: timestampOp,
    expBucketsToNative: exponentialBucketsOp,
    expToNative: exponentialOp,
    explicitBucketsToNHCB: customBucketsOp,
    explicitToNHCB: customOp,
    expose: exposeOp,
    scrapeAccepted: scrapeAcceptedOp,
  },
};

export async function runCase({ kind, input, expected }: GoldenCase): Promise<Judged> {
  const ops = Object.hasOwn(OPS, kind) ? OPS[kind] : undefined;
  if (ops === undefined) return { passed: false, got: undefined, problem: `unknown kind ${JSON.stringify(kind)}` };
  const word = input["op"] === undefined ? "" : String(input["op"]);
  const op = Object.hasOwn(ops, word) ? ops[word] : undefined;
  if (op === undefined) return { passed: false, got: undefined, problem: `kind ${kind} has no op ${JSON.stringify(word)}` };
  try {
    const got = await op.run(input);
    return { passed: (op.matches ?? covers)(got, expected), got, problem: "" };
  } catch (error) {
    return { passed: false, got: undefined, problem: error instanceof Error ? error.message : String(error) };
  }
}

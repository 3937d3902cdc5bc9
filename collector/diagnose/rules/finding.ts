import type { Finding } from "../diagnosis.ts";

/** A finding of the whole load, without counter-evidence, that explains no failed request, unless told. */
export function finding(
  given: Pick<Finding, "rule" | "hop" | "effect" | "state" | "confidence" | "claim" | "evidence" | "nextStep"> & Partial<Finding>,
): Finding {
  return { endpoint: "", scope: "load", counterEvidence: [], requests: 0, ...given };
}

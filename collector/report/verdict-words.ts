import type { Confidence, Verdict } from "../diagnose/diagnosis.ts";

/**
 * The sentence of a verdict without its result and confidence: every document writes these once, in a place of their own. A confidence in the
 * sentence that is not the verdict's own stays.
 */
export function plainSentence({ result, confidence, sentence }: Pick<Verdict, "result" | "confidence" | "sentence">): string {
  const prefix = new RegExp(`^${result}\\s*[:\u2014\u2013-]\\s*`, "i");
  return sentence.replace(prefix, "").replace(` (${confidenceWords(confidence)})`, "");
}

export function confidenceWords(confidence: Confidence): string {
  return `confidence ${confidence}`;
}

/** What a run that was not ended in order says of itself; "" for one that was. */
export const STATE_WORDS = {
  open: "the run is still being recorded: this is what is there by now",
  abandoned: "the recording broke off: what had been written by then is all there is",
  closed: "",
} as const;

/** Whether the finding's claim is what the verdict's sentence says already. */
export function isToldBy(sentence: string, claim: string): boolean {
  return claim.length > 20 && sentence.includes(claim);
}

import { diagnose } from "../../../../collector/diagnose/diagnose.ts";
import type { Finding } from "../../../../collector/diagnose/diagnosis.ts";
import type { LedgerBuilder } from "../ledger-builder.ts";

/** The findings of one rule for a ledger. */
export function findingsOf(builder: LedgerBuilder, rule: string): readonly Finding[] {
  return diagnose(builder.ledger()).findings.filter((finding) => finding.rule === rule);
}

export function firstOf(builder: LedgerBuilder, rule: string): Finding | undefined {
  return findingsOf(builder, rule)[0];
}

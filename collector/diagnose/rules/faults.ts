import type { RunLedger } from "../../model/ledger.ts";
import type { Mark } from "../../model/run.ts";

/** Something that was done to the system during a run, from when to when. Unix seconds; `endSecond` undefined for a moment (a restart). */
export interface Fault {
  readonly text: string;
  readonly startSecond: number;
  readonly endSecond: number | undefined;
}

const ENDS = /\b(end(s|ed)?|over|recover(s|ed|y)?|restored|back|up again|resolved|started again|off)\b/i;
const DISTURBS = /\b(fault|restart(s|ed)?|kill(s|ed)?|stop(s|ped)?|crash(es|ed)?|down|outage|disconnect(s|ed)?|gc|swap|pause(s|d)?|deploy(s|ed)?)\b/i;

/**
 * Faults by the run's marks: with the labels `fault=<name>` and `state=begin|end`, or by their words (`redis stopped` … `redis back`). An end belongs
 * to the last fault that is open and has its name, or shares its first word.
 */
export function faultsOf({ marks }: RunLedger): readonly Fault[] {
  const faults: { text: string; key: string; startSecond: number; endSecond: number | undefined }[] = [];
  for (const mark of marks.toSorted((a, b) => a.timeUnixMs - b.timeUnixMs)) {
    const second = Math.floor(mark.timeUnixMs / 1000);
    const key = mark.labels["fault"] ?? (mark.text.split(/\s+/, 1)[0] ?? "").toLowerCase();
    if (isEnd(mark)) {
      const open = faults.findLast((fault) => fault.endSecond === undefined && fault.key === key);
      if (open !== undefined) open.endSecond = second;
    } else if (mark.labels["fault"] !== undefined || DISTURBS.test(mark.text))
      faults.push({ text: mark.text, key, startSecond: second, endSecond: undefined });
  }
  return faults.map(({ text, startSecond, endSecond }) => ({ text, startSecond, endSecond }));
}

function isEnd({ labels, text }: Mark): boolean {
  const state = labels["state"];
  return state === undefined ? ENDS.test(text) : /^(end|off|over)$/i.test(state);
}

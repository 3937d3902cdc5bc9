import type { LoadNote } from "../../model/load-record.ts";
import { findProcesses } from "./find-processes.ts";
import type { WatchedProcess } from "./host-config.ts";
import { parseOpenFilesLimit, parseProcessStat, parseProcessStatus } from "./parse-process.ts";
import type { Listener } from "./parse-tcp-table.ts";
import type { ProcFiles } from "./proc-files.ts";
import type { SampleList } from "./sample-list.ts";

/** How often processes are looked for anew, which means a look at all there are; one that has ended is missed at once. */
const SEARCH_MS = 5000;
const SEARCH_MISSING_MS = 1000;

/** One entry of the config over time. */
export class ProcessWatch {
  readonly #wanted: WatchedProcess;
  readonly #proc: ProcFiles;
  #pids: readonly number[] = [];
  /** Start of each process, seconds after boot: a pid is given again. */
  #starts = new Map<number, number>();
  #searchedMs = Number.NEGATIVE_INFINITY;
  #wasFound = false;

  constructor(wanted: WatchedProcess, proc: ProcFiles) {
    this.#wanted = wanted;
    this.#proc = proc;
  }

  /** Adds the values of its processes, and gives notes of what ended and began since the last time. */
  async sample(list: SampleList, listeners: readonly Listener[], bootTime: number | undefined, nowMs: number): Promise<readonly LoadNote[]> {
    const hasEnded = this.#pids.some((pid) => this.#startOf(pid) !== this.#starts.get(pid));
    if (hasEnded || nowMs - this.#searchedMs >= (this.#pids.length === 0 ? SEARCH_MISSING_MS : SEARCH_MS)) {
      this.#pids = await findProcesses(this.#proc, this.#wanted, listeners);
      this.#searchedMs = nowMs;
    }
    const notes = this.#changes();
    list.gauge("pitwall.host.processes", "{process}", this.#starts.size, { "pitwall.process": this.#wanted.name });
    for (const pid of this.#starts.keys()) await this.#add(list, pid, bootTime);
    return notes;
  }

  #changes(): readonly LoadNote[] {
    const before = this.#starts;
    this.#starts = new Map();
    for (const pid of this.#pids) {
      const start = this.#startOf(pid);
      if (start !== undefined) this.#starts.set(pid, start);
    }
    const ended = [...before].filter(([pid, start]) => this.#starts.get(pid) !== start).map(([pid]) => pid);
    const begun = [...this.#starts].filter(([pid, start]) => before.get(pid) !== start).map(([pid]) => pid);
    const isFirst = !this.#wasFound;
    this.#wasFound ||= begun.length > 0;
    if (isFirst || ended.length + begun.length === 0) return [];
    const { name } = this.#wanted;
    const words = [ended.length > 0 ? `pid ${ended.join(", ")} ended` : "", begun.length > 0 ? `pid ${begun.join(", ")} began` : ""];
    return [{ kind: "note", code: "process_changed", text: `${name}: ${words.filter((word) => word !== "").join(", ")}` }];
  }

  #startOf(pid: number): number | undefined {
    return parseProcessStat(this.#proc.text(`${pid}/stat`) ?? "")?.startSeconds;
  }

  async #add(list: SampleList, pid: number, bootTime: number | undefined): Promise<void> {
    const stat = parseProcessStat(this.#proc.text(`${pid}/stat`) ?? "");
    if (stat === undefined) return;
    const tags = { "pitwall.process": this.#wanted.name, "process.pid": pid };
    const memory = parseProcessStatus(this.#proc.text(`${pid}/status`) ?? "");
    list.gauge("process.memory.usage", "By", memory.get("VmRSS"), tags);
    list.gauge("process.memory.virtual", "By", memory.get("VmSize"), tags);
    list.gauge("pitwall.host.process.memory.private", "By", memory.get("RssAnon"), tags);
    list.gauge("pitwall.host.process.memory.data", "By", memory.get("VmData"), tags);
    list.gauge("pitwall.host.process.memory.swap", "By", memory.get("VmSwap"), tags);
    list.total("process.cpu.time", "s", stat.userSeconds, { ...tags, "cpu.mode": "user" });
    list.total("process.cpu.time", "s", stat.systemSeconds, { ...tags, "cpu.mode": "system" });
    list.gauge("process.thread.count", "{thread}", stat.threads, tags);
    list.total("process.paging.faults", "{fault}", stat.majorFaults, { ...tags, "system.paging.fault.type": "major" });
    // Of another user's process only root may look into these.
    list.gauge("process.unix.file_descriptor.count", "{file_descriptor}", (await this.#proc.names(`${pid}/fd`))?.length, tags);
    list.gauge("pitwall.host.process.file_descriptor.limit", "{file_descriptor}", parseOpenFilesLimit(this.#proc.text(`${pid}/limits`) ?? ""), tags);
    list.gauge("pitwall.host.process.start_time", "s", bootTime === undefined ? undefined : bootTime + stat.startSeconds, tags);
  }
}

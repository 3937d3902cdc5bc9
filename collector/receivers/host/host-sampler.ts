import type { LoadItem } from "../../model/load-record.ts";
import { unixNanoFromMs } from "../../model/time.ts";
import type { HostConfig } from "./host-config.ts";
import { addInterfaces, addTcpCounters, SocketSampler } from "./network-samples.ts";
import type { SystemStat } from "./parse-stat.ts";
import type { ProcFiles } from "./proc-files.ts";
import { ProcessWatch } from "./process-watch.ts";
import { SampleList } from "./sample-list.ts";
import { addCpu, addDisks, addMemory } from "./system-samples.ts";

/** Reads one moment of the machine after the other. */
export class HostSampler {
  readonly #config: HostConfig;
  readonly #proc: ProcFiles;
  readonly #sockets: SocketSampler;
  readonly #processes: readonly ProcessWatch[];
  #before: SystemStat | undefined;

  constructor(config: HostConfig, proc: ProcFiles) {
    this.#config = config;
    this.#proc = proc;
    this.#sockets = new SocketSampler(proc, new Set(config.ports));
    this.#processes = config.processes.map((one) => new ProcessWatch(one, proc));
  }

  /** About 1 ms, and 5 to 10 where the tables of sockets are due; more with thousands of descriptors. */
  async sample(nowUnixMs: number): Promise<readonly LoadItem[]> {
    const list = new SampleList(unixNanoFromMs(nowUnixMs));
    this.#before = addCpu(list, this.#proc, this.#before) ?? this.#before;
    addMemory(list, this.#proc);
    addInterfaces(list, this.#proc);
    addTcpCounters(list, this.#proc);
    await this.#sockets.sample(list, () => performance.now());
    await addDisks(list, this.#proc, this.#config.disks, this.#config.filesystems);
    const notes: LoadItem[] = [];
    for (const watch of this.#processes) notes.push(...(await watch.sample(list, this.#sockets.listeners, this.#before?.bootTime, nowUnixMs)));
    return [...list.items, ...notes];
  }
}

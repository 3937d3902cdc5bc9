import { statfs } from "node:fs/promises";
import { isWholeDisk, parseDiskstats } from "./parse-disk.ts";
import { parseMeminfo, parseWordLines } from "./parse-memory.ts";
import { CPU_MODES, cpuShares, parseLoadAverages, parsePressure, parseSystemStat, type SystemStat } from "./parse-stat.ts";
import type { ProcFiles } from "./proc-files.ts";
import type { SampleList } from "./sample-list.ts";

/*
 * Names are those of the OpenTelemetry semantic conventions (system metrics) where they have one, else `pitwall.host.*`.
 */

/** Processors, load and pressure. Gives what the next reading is compared with. */
export function addCpu(list: SampleList, proc: ProcFiles, before: SystemStat | undefined): SystemStat | undefined {
  const text = proc.text("stat");
  if (text === undefined) return undefined;
  const now = parseSystemStat(text);
  const shares = before === undefined ? undefined : cpuShares(before, now);
  for (const mode of CPU_MODES) {
    list.total("system.cpu.time", "s", now.cpuSeconds[mode], { "cpu.mode": mode });
    list.gauge("system.cpu.utilization", "1", shares?.[mode], { "cpu.mode": mode });
  }
  list.gauge("system.cpu.logical.count", "{cpu}", now.cpus);
  list.total("pitwall.host.context_switches", "{switch}", now.contextSwitches);
  list.gauge("pitwall.host.tasks", "{task}", now.runnable, { state: "runnable" });
  list.gauge("pitwall.host.tasks", "{task}", now.blocked, { state: "blocked" });
  const load = parseLoadAverages(proc.text("loadavg") ?? "");
  list.gauge("pitwall.host.load", "1", load.minute1, { window: "1m" });
  list.gauge("pitwall.host.load", "1", load.minutes5, { window: "5m" });
  for (const resource of ["cpu", "memory", "io"]) {
    const { some, full } = parsePressure(proc.text(`pressure/${resource}`) ?? "");
    list.total("pitwall.host.pressure", "s", some, { resource, share: "some" });
    list.total("pitwall.host.pressure", "s", full, { resource, share: "full" });
  }
  return now;
}

export function addMemory(list: SampleList, proc: ProcFiles): void {
  const memory = parseMeminfo(proc.text("meminfo") ?? "");
  const bytes = (word: string) => memory.get(word);
  const [total, free, buffers] = [bytes("MemTotal"), bytes("MemFree"), bytes("Buffers")];
  const cached = sumOf(bytes("Cached"), bytes("SReclaimable"));
  const used = total === undefined ? undefined : total - (free ?? 0) - (buffers ?? 0) - (cached ?? 0);
  for (const [state, value] of Object.entries({ used, free, buffers, cached })) {
    list.gauge("system.memory.usage", "By", value, { "system.memory.state": state });
  }
  list.gauge("system.memory.limit", "By", total);
  list.gauge("system.linux.memory.available", "By", bytes("MemAvailable"));
  const [swap, freeSwap] = [bytes("SwapTotal"), bytes("SwapFree")];
  list.gauge("system.paging.usage", "By", swap === undefined ? undefined : swap - (freeSwap ?? 0), { "system.paging.state": "used" });
  list.gauge("system.paging.usage", "By", freeSwap, { "system.paging.state": "free" });
  const events = parseWordLines(proc.text("vmstat") ?? "");
  const paging = (direction: string, word: string) =>
    list.total("system.paging.operations", "{operation}", events.get(word), {
      "system.paging.direction": direction,
      "system.paging.fault.type": "major",
    });
  paging("in", "pswpin");
  paging("out", "pswpout");
  list.total("system.paging.faults", "{fault}", events.get("pgmajfault"), { "system.paging.fault.type": "major" });
  list.total("pitwall.host.oom_kills", "{kill}", events.get("oom_kill"));
  const [open, , limit] = (proc.text("sys/fs/file-nr") ?? "").split("\t").map(Number);
  list.gauge("pitwall.host.file_descriptors", "{file_descriptor}", open);
  list.gauge("pitwall.host.file_descriptors.limit", "{file_descriptor}", limit);
}

export async function addDisks(list: SampleList, proc: ProcFiles, wanted: readonly string[] | undefined, mounts: readonly string[]): Promise<void> {
  const isWanted = (device: string) => (wanted === undefined ? isWholeDisk(device) : wanted.includes(device));
  for (const disk of parseDiskstats(proc.text("diskstats") ?? "")) {
    if (!isWanted(disk.device) || disk.reads + disk.writes === 0) continue;
    const device = { "system.device": disk.device };
    const [read, write] = ["read", "write"].map((direction) => ({ ...device, "disk.io.direction": direction }));
    list.total("system.disk.io", "By", disk.readBytes, read);
    list.total("system.disk.io", "By", disk.writtenBytes, write);
    list.total("system.disk.operations", "{operation}", disk.reads, read);
    list.total("system.disk.operations", "{operation}", disk.writes, write);
    list.total("system.disk.io_time", "s", disk.busySeconds, device);
  }
  for (const mountpoint of mounts) {
    const found = await statfs(mountpoint).catch(() => undefined);
    if (found === undefined) continue;
    const usage = (state: string, blocks: number) =>
      list.gauge("system.filesystem.usage", "By", blocks * found.bsize, {
        "system.filesystem.mountpoint": mountpoint,
        "system.filesystem.state": state,
      });
    usage("used", found.blocks - found.bfree);
    usage("free", found.bavail);
    usage("reserved", found.bfree - found.bavail);
  }
}

function sumOf(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : a + (b ?? 0);
}

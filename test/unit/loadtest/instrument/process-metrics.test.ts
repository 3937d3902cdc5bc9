import { expect, test } from "vitest";
import { instrumentProcess, readProcess } from "../../../../loadtest/instrument/instrument.ts";
import { parseProcStatus, parseWindowsProcess } from "../../../../loadtest/instrument/process-reading.ts";
import { collecting, onlyValue, pointsOf } from "./collect.ts";

const NAMES = [
  "process.memory.usage",
  "process.memory.virtual",
  "genarrative.process.memory.private",
  "process.thread.count",
  "process.unix.file_descriptor.count",
  "process.windows.handle.count",
];

test("what the system tells is exported under the names of the catalogue", async () => {
  const { telemetry, metrics } = collecting();
  instrumentProcess(telemetry.meter, () => ({ residentBytes: 1, virtualBytes: 2, privateBytes: 3, threads: 4, fileDescriptors: 5, handles: 6 }));
  const exported = await metrics();
  expect(NAMES.map((name) => onlyValue(exported, name))).toEqual([1, 2, 3, 4, 5, 6]);
  expect(exported.map((metric) => metric.descriptor.unit)).toEqual(["By", "By", "By", "{thread}", "{file_descriptor}", "{handle}"]);
});

test("what the system does not tell is not exported at all, and ending it ends it", async () => {
  const { telemetry, metrics } = collecting();
  let reads = 0;
  const end = instrumentProcess(telemetry.meter, () => {
    reads++;
    return { residentBytes: 10 };
  });
  const exported = await metrics();
  expect(NAMES.filter((name) => pointsOf(exported, name).length > 0)).toEqual(["process.memory.usage"]);
  expect(reads).toBe(1);
  end();
  await metrics();
  expect(reads).toBe(1);
});

test("kB of /proc/self/status are 1024 bytes; missing lines stay missing", () => {
  const text = "Name:\tnode\nVmPeak:\t  900 kB\nVmSize:\t  800 kB\nVmRSS:\t  100 kB\nVmData:\t  300 kB\nThreads:\t11\n";
  expect(parseProcStatus(text)).toEqual({ residentBytes: 102_400, virtualBytes: 819_200, privateBytes: 307_200, threads: 11 });
  expect(parseProcStatus("Name:\tkthread\nThreads:\t1\n")).toEqual({ threads: 1 });
});

test("Windows: private bytes stand for virtual memory too; words that are no numbers are left out", () => {
  expect(parseWindowsProcess("1048576\r\n321\r\n17\r\n")).toEqual({ virtualBytes: 1_048_576, privateBytes: 1_048_576, handles: 321, threads: 17 });
  expect(parseWindowsProcess("Get-Process : not found")).toEqual({});
});

test("RSS is there on every system, handles only on Windows", () => {
  for (const platform of ["linux", "darwin", "freebsd"] as const) {
    const reading = readProcess(platform);
    expect(reading.residentBytes).toBeGreaterThan(1_000_000);
    expect(reading.handles).toBeUndefined();
  }
});

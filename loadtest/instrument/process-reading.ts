import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { promisify } from "node:util";

/** What this system tells about a process. Absent = it does not tell; bytes and counts. */
export interface ProcessReading {
  readonly residentBytes?: number;
  readonly virtualBytes?: number;
  readonly privateBytes?: number;
  readonly threads?: number;
  readonly fileDescriptors?: number;
  readonly handles?: number;
}

/**
 * Reads this process once. Linux: /proc. macOS and the BSDs: RSS and /dev/fd. Windows: RSS at once, the rest from a PowerShell call that
 * is made at most every 15 s in the background (it takes about half a second, and the numbers are those of the call before).
 */
export function readProcess(platform: NodeJS.Platform = process.platform): ProcessReading {
  const resident = { residentBytes: process.memoryUsage.rss() };
  if (platform === "win32") return { ...resident, ...windowsReading() };
  return { ...resident, ...readIfThere(() => parseProcStatus(readFileSync("/proc/self/status", "latin1"))), ...readFileDescriptors(platform) };
}

/** /proc/PID/status, proc(5): `VmRSS:     1234 kB`; kB are 1024 bytes there. */
export function parseProcStatus(text: string): ProcessReading {
  const number = (key: string) => {
    const match = new RegExp(`^${key}:\\s*(\\d+)`, "m").exec(text);
    return match === null ? undefined : Number(match[1]);
  };
  const bytes = (key: string) => {
    const kib = number(key);
    return kib === undefined ? undefined : kib * 1024;
  };
  return known({ residentBytes: bytes("VmRSS"), virtualBytes: bytes("VmSize"), privateBytes: bytes("VmData"), threads: number("Threads") });
}

/** `Get-Process`'s PrivateMemorySize64, HandleCount and number of threads, in this order, one a line. Virtual = private there, as the seed's server reports it. */
export function parseWindowsProcess(text: string): ProcessReading {
  const [privateBytes, handles, threads] = text.trim().split(/\s+/).map(Number);
  const finite = (value: number | undefined) => (Number.isFinite(value) ? value : undefined);
  return known({
    virtualBytes: finite(privateBytes),
    privateBytes: finite(privateBytes),
    handles: finite(handles),
    threads: finite(threads),
  });
}

function readFileDescriptors(platform: NodeJS.Platform): ProcessReading {
  // Reading the folder opens one descriptor, which is not counted.
  return readIfThere(() => ({ fileDescriptors: readdirSync(platform === "linux" ? "/proc/self/fd" : "/dev/fd").length - 1 }));
}

function readIfThere(read: () => ProcessReading): ProcessReading {
  try {
    return read();
  } catch {
    return {};
  }
}

/** PowerShell takes about half a second of CPU. */
const WINDOWS_INTERVAL_MS = 15_000;
let windows: { readonly reading: ProcessReading; readonly asked: number } = { reading: {}, asked: Number.NEGATIVE_INFINITY };

function windowsReading(): ProcessReading {
  const now = performance.now();
  if (now - windows.asked >= WINDOWS_INTERVAL_MS) {
    windows = { reading: windows.reading, asked: now };
    const script = `$p = Get-Process -Id ${process.pid}; $p.PrivateMemorySize64; $p.HandleCount; $p.Threads.Count`;
    promisify(execFile)("powershell.exe", ["-NoProfile", "-NonInteractive", "-Command", script], { timeout: 10_000 }).then(
      ({ stdout }) => {
        windows = { reading: parseWindowsProcess(stdout), asked: now };
      },
      () => undefined,
    );
  }
  return windows.reading;
}

function known(reading: { readonly [Key in keyof ProcessReading]: number | undefined }): ProcessReading {
  return Object.fromEntries(Object.entries(reading).filter(([, value]) => value !== undefined));
}

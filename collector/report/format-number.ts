const GROUPED = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** `4 661`, `\u221245`: groups of three, as findings write them. */
export function formatCount(count: number): string {
  return GROUPED.format(count).replaceAll(",", " ").replace("-", "\u2212");
}

/** `0.42 ms`, `4.2 ms`, `42 ms`, `2.31 s`, `3 min 20 s`; an en dash for what is not known. As findings write it, but for two digits below 1 ms. */
export function formatMs(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return "\u2013";
  const size = Math.abs(ms);
  if (size >= 100_000) return formatSeconds(Math.round(ms / 1000));
  if (size >= 999.5) return `${trimmed(ms / 1000, size >= 9995 ? 1 : 2)} s`;
  return `${trimmed(ms, size >= 9.95 ? 0 : size >= 0.995 ? 1 : 2)} ms`;
}

/** `42 s`, `3 min 20 s`, `1 h 5 min`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return whole % 60 === 0 ? `${whole / 60} min` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** A moment of the run: `1:05`, `-0:20`, `1:02:05`. */
export function formatMoment(second: number): string {
  const whole = Math.round(Math.abs(second));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return `${second < 0 && whole > 0 ? "-" : ""}${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(rest)}`;
}

/** `22.0 %`, `0.04 %`, `< 0.01 %`; an en dash for what is not known. As findings write it. */
export function formatRatio(ratio: number | null | undefined): string {
  if (ratio === null || ratio === undefined || !Number.isFinite(ratio)) return "\u2013";
  const percent = Math.abs(ratio) * 100;
  const sign = ratio < 0 ? "\u2212" : "";
  if (percent === 0) return "0 %";
  if (percent < 0.01) return ratio < 0 ? "0 %" : "< 0.01 %";
  // What is not all is never written as 100 %.
  if (percent < 100 && percent >= 99.95) return `${sign}${(Math.floor(percent * 100) / 100).toFixed(2)} %`;
  return `${sign}${percent.toFixed(percent < 1 ? 2 : percent >= 99.95 ? 0 : 1)} %`;
}

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** A value of a chart in its UCUM unit: `212 MiB`, `31 ms`, `1.2 k`. */
export function formatValue(value: number | null | undefined, unit: string): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "\u2013";
  if (unit === "By") return formatBytes(value);
  if (unit === "By/s") return `${formatBytes(value)}/s`;
  if (unit === "ms") return formatMs(value);
  if (unit === "s") return formatMs(value * 1000);
  if (unit === "%") return `${trimmed(value, Math.abs(value) < 10 ? 1 : 0)} %`;
  const size = Math.abs(value);
  const number = size >= 10_000 ? formatCount(value) : trimmed(value, size >= 100 ? 0 : size >= 10 ? 1 : 2);
  return unit === "1/s" ? `${number}/s` : number;
}

export function formatBytes(bytes: number): string {
  let [value, at] = [bytes, 0];
  while (Math.abs(value) >= 1024 && at < BYTE_UNITS.length - 1) [value, at] = [value / 1024, at + 1];
  return `${trimmed(value, Math.abs(value) >= 100 || at === 0 ? 0 : 1)} ${BYTE_UNITS[at]}`;
}

/** `2026-05-12 04:51:00 UTC`. */
export function formatTime(unixMs: number): string {
  const moment = new Date(unixMs);
  return Number.isNaN(moment.getTime()) ? "unknown time" : `${moment.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

function trimmed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  const short = text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  return value < 0 && short !== "0" ? `\u2212${short}` : short;
}

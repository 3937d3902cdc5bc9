/** `2 049`; fractions are kept to one digit below 100. */
export function formatCount(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const rounded = Number.isInteger(value) || Math.abs(value) >= 100 ? Math.round(value) : Math.round(value * 10) / 10;
  const [whole = "", fraction] = String(Math.abs(rounded)).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, " ");
  return `${rounded < 0 ? "−" : ""}${grouped}${fraction === undefined ? "" : `.${fraction}`}`;
}

/** A share (0..1) as `22.0 %`; small ones keep two digits: `0.02 %`. */
export function formatShare(share: number): string {
  const percent = share * 100;
  const digits = percent !== 0 && Math.abs(percent) < 1 ? 2 : Math.abs(percent) >= 99.95 || percent === 0 ? 0 : 1;
  // 99.97 % is not all.
  if (share < 1 && percent >= 99.95) return `${(Math.floor(percent * 100) / 100).toFixed(2)} %`;
  return `${percent.toFixed(digits)} %`;
}

/** `0.4 ms`, `88 ms`, `1.5 s`, `30 s`, `12 min`. */
export function formatMs(ms: number): string {
  if (!Number.isFinite(ms)) return String(ms);
  if (Math.abs(ms) < 10) return `${trimmed(ms, 1)} ms`;
  // 999.7 ms is 1 s.
  if (Math.abs(ms) < 999.5) return `${Math.round(ms)} ms`;
  if (Math.abs(ms) < 600_000) return `${trimmed(ms / 1000, Math.abs(ms) < 10_000 ? 2 : 1)} s`;
  return `${trimmed(ms / 60_000, 1)} min`;
}

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return String(bytes);
  let [value, unit] = [bytes, 0];
  while (Math.abs(value) >= 1024 && unit < BYTE_UNITS.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${trimmed(value, Math.abs(value) < 10 ? 1 : 0)} ${BYTE_UNITS[unit]}`;
}

export function formatPerSecond(rate: number): string {
  return `${rate < 10 ? trimmed(rate, 2) : formatCount(rate)}/s`;
}

/** `1 request`, `2 requests`. */
export function formatOf(count: number, word: string, words = `${word}s`): string {
  return `${formatCount(count)} ${count === 1 ? word : words}`;
}

/** A ratio: `4×`, `1.3×`. */
export function formatTimes(ratio: number): string {
  return `${trimmed(ratio, ratio < 10 ? 1 : 0)}×`;
}

function trimmed(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  y: 365 * 86_400_000,
};

const PARTS = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
const ORDER = ["y", "w", "d", "h", "m", "s", "ms"] as const;

/** Prometheus' durations (`1h30m`, `5s`, `0`) in ms; undefined where the text is none. */
export function parseDuration(text: string): number | undefined {
  if (text === "0") return 0;
  const found = text === "" ? null : PARTS.exec(text);
  if (found === null) return undefined;
  return ORDER.reduce((sum, unit, index) => sum + Number(found[index + 1] ?? 0) * (UNITS_MS[unit] as number), 0);
}

/** The shortest text that `parseDuration` reads back: `1m30s`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return "0s";
  let rest = ms;
  let text = "";
  for (const unit of ["h", "m", "s", "ms"]) {
    const size = UNITS_MS[unit] as number;
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) text += `${count}${unit}`;
  }
  return text;
}

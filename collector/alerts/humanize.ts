import { formatG } from "./go-format.ts";

const DIGITS = 4;
const LARGE = ["", "k", "M", "G", "T", "P", "E", "Z", "Y"];
const SMALL = ["", "m", "u", "n", "p", "f", "a", "z", "y"];
const BINARY = ["", "ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];

/** Prometheus' template functions for numbers, to the letter (prometheus: template/template.go). */
export function humanize(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return formatG(value, DIGITS);
  return Math.abs(value) >= 1 ? scaledDown(value, 1000, LARGE) : scaledUp(value);
}

export function humanize1024(value: number): string {
  if (Math.abs(value) <= 1 || !Number.isFinite(value)) return formatG(value, DIGITS);
  return scaledDown(value, 1024, BINARY);
}

export function humanizePercentage(ratio: number): string {
  return `${formatG(ratio * 100, DIGITS)}%`;
}

/** Seconds as `1d 2h 3m 4s`. */
export function humanizeDuration(value: number): string {
  if (!Number.isFinite(value)) return formatG(value, DIGITS);
  if (value === 0) return "0s";
  if (Math.abs(value) < 1) return `${scaledUp(value)}s`;
  const sign = value < 0 ? "-" : "";
  const total = Math.floor(Math.abs(value));
  const seconds = total % 60;
  const minutes = Math.floor(total / 60) % 60;
  const hours = Math.floor(total / 3600) % 24;
  const days = Math.floor(total / 86_400);
  if (days > 0) return `${sign}${days}d ${hours}h ${minutes}m ${seconds}s`;
  if (hours > 0) return `${sign}${hours}h ${minutes}m ${seconds}s`;
  if (minutes > 0) return `${sign}${minutes}m ${seconds}s`;
  return `${sign}${formatG(Math.abs(value), DIGITS)}s`;
}

function scaledDown(value: number, base: number, words: readonly string[]): string {
  let index = 0;
  let rest = value;
  while (Math.abs(rest) >= base && index < words.length - 1) {
    rest /= base;
    index++;
  }
  return `${formatG(rest, DIGITS)}${words[index]}`;
}

function scaledUp(value: number): string {
  let index = 0;
  let rest = value;
  while (Math.abs(rest) < 1 && index < SMALL.length - 1) {
    rest *= 1000;
    index++;
  }
  return `${formatG(rest, DIGITS)}${SMALL[index]}`;
}

import { ExpositionError, type ParsedSample } from "./sample-line.ts";

/** What both validators collect of one family. */
export interface ParsedFamily {
  readonly name: string;
  type: string | undefined;
  help: string | undefined;
  unit: string | undefined;
  readonly samples: ParsedSample[];
}

export interface Exposition {
  readonly families: readonly ParsedFamily[];
  /** What is wrong, first things first; empty = accepted. */
  readonly problems: readonly string[];
}

/** Collects what goes wrong, and goes on. */
export class Problems {
  readonly all: string[] = [];

  add(text: string): void {
    this.all.push(text);
  }

  /** Runs it; what it throws as an ExpositionError becomes a problem. */
  in<T>(where: string, run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof ExpositionError)) throw error;
      this.add(`${where}: ${error.message}`);
      return undefined;
    }
  }
}

export function labelOf({ labels }: ParsedSample, name: string): string | undefined {
  return labels.find(([other]) => other === name)?.[1];
}

/** Of the series that a sample belongs to: its labels but those that a bucket, a quantile or a state adds. */
export function groupKey({ labels }: ParsedSample, without: readonly string[]): string {
  return JSON.stringify(labels.filter(([name]) => !without.includes(name)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A bucket bound or quantile as OpenMetrics wants it written: Go's %g, with `.0` behind what looks like an integer. */
export function isCanonical(text: string): boolean {
  if (text === "+Inf") return true;
  const value = Number(text);
  if (!Number.isFinite(value) || text.trim() !== text || text === "") return false;
  const exponent = /^(-?\d(?:\.\d*[1-9])?)e([+-])(\d{2,3})$/.exec(text);
  const magnitude = Math.abs(value);
  if (exponent !== null) return (magnitude >= 1e6 || (magnitude < 1e-4 && magnitude > 0)) && Number(exponent[1]) !== 0;
  if (magnitude !== 0 && (magnitude >= 1e6 || magnitude < 1e-4)) return false;
  return /^-?(0|[1-9]\d*)\.(0|\d*[1-9])$/.test(text);
}

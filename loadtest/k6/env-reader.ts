/** What a script reads its settings from: `__ENV` of k6. This file runs in k6: no node:* here. */
export type Env = Readonly<Record<string, string | undefined>>;

export interface Duration {
  /** As k6 takes it: `1m30s`. */
  readonly text: string;
  readonly ms: number;
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Reads variables and gathers what is wrong with them, so that all mistakes are told at once. Empty counts as not set. */
export class EnvReader {
  readonly mistakes: string[] = [];
  readonly #env: Env;

  constructor(env: Env) {
    this.#env = env;
  }

  text(name: string): string | undefined {
    const value = this.#env[name]?.trim();
    return value === "" ? undefined : value;
  }

  isSet(name: string): boolean {
    return this.text(name) !== undefined;
  }

  word<Word extends string>(name: string, words: readonly Word[], fallback: Word): Word {
    const value = this.text(name);
    const word = words.find((candidate) => candidate === value);
    if (value !== undefined && word === undefined) this.refuse(name, `choose one of ${words.join(", ")}`);
    return word ?? fallback;
  }

  number(name: string, fallback: number, least: number, most: number): number {
    return this.#numberThat(name, fallback, (value) => value >= least && value <= most, `give a number from ${least} to ${most}`);
  }

  whole(name: string, fallback: number, least: number, most: number): number {
    const isFit = (value: number) => Number.isInteger(value) && value >= least && value <= most;
    return this.#numberThat(name, fallback, isFit, `give a whole number from ${least} to ${most}`);
  }

  /** Of k6: `500ms`, `30s`, `1m30s`, `2h`. */
  duration(name: string, fallback: string, canBeZero = false): Duration {
    const value = this.text(name);
    const ms = durationMs(value ?? fallback);
    if (value !== undefined && ms !== undefined && (ms > 0 || canBeZero)) return { text: value, ms };
    if (value !== undefined) this.refuse(name, `give a time with its unit, like 30s, 1m30s or 500ms${canBeZero ? ", or 0s" : ", above 0"}`);
    return { text: fallback, ms: durationMs(fallback) as number };
  }

  /** An address with one of these schemes, without a slash at its end. */
  address(name: string, fallback: string, schemes: readonly string[]): string {
    const value = this.text(name) ?? fallback;
    const scheme = /^([a-z]+):\/\/[^\s/?#]+[^\s?#]*$/i.exec(value)?.[1]?.toLowerCase();
    if (scheme === undefined || !schemes.includes(scheme)) {
      this.refuse(name, `give an address like ${fallback}, beginning with ${schemes.map((word) => `${word}://`).join(" or ")}`);
    }
    return value.replace(/\/+$/, "");
  }

  refuse(name: string, what: string): void {
    const value = this.text(name);
    this.mistakes.push(value === undefined ? `${name}: ${what}` : `${name}=${value}: ${what}`);
  }

  /** @throws Error that names every mistake */
  throwMistakes(): void {
    if (this.mistakes.length === 0) return;
    throw new Error(`the environment has ${this.mistakes.length === 1 ? "a mistake" : "mistakes"}:\n  ${this.mistakes.join("\n  ")}`);
  }

  #numberThat(name: string, fallback: number, isFit: (value: number) => boolean, what: string): number {
    const text = this.text(name);
    if (text === undefined) return fallback;
    const value = Number(text);
    if (isFit(value)) return value;
    this.refuse(name, what);
    return fallback;
  }
}

/** Undefined: not a duration. */
function durationMs(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) sum += Number(number) * (UNIT_MS[unit as string] as number);
  return sum;
}

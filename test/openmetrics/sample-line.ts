/** One line with a value, taken apart. */
export interface ParsedSample {
  readonly name: string;
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly value: number;
  readonly valueText: string;
  /** As written; undefined = none. */
  readonly timestamp: string | undefined;
  readonly exemplar: ParsedExemplar | undefined;
}

export interface ParsedExemplar {
  readonly labels: ParsedSample["labels"];
  readonly value: number;
  readonly timestamp: string | undefined;
}

export interface LineRules {
  /** Names in quotes (Prometheus 3). */
  readonly utf8: boolean;
  readonly exemplars: boolean;
  /** OpenMetrics: exactly one space between the parts. Text: any number of blanks and tabs. */
  readonly strictSpace: boolean;
}

/** What is wrong with a document, with its line. */
export class ExpositionError extends Error {}

const METRIC_NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL_NAME = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const QUOTED = /"((?:[^"\\\n]|\\[^\n])*)"/y;
const WORD = /[^ \t]+/y;
const REAL_NUMBER = /^[+-]?(?:\d+\.?\d*|\d*\.\d+)(?:[eE][+-]?\d+)?$/;

/** Reads `name{labels} value [timestamp] [# {labels} value [timestamp]]`. Throws ExpositionError. */
export function parseSampleLine(line: string, rules: LineRules): ParsedSample {
  const reader = new LineReader(line, rules);
  const { name, labels } = reader.series();
  reader.space("value");
  const valueText = reader.word("value");
  const value = parseNumber(valueText);
  let timestamp: string | undefined;
  let exemplar: ParsedExemplar | undefined;
  if (!reader.atEnd && !reader.peek(" #")) {
    reader.space("timestamp");
    timestamp = reader.word("timestamp");
  }
  if (!reader.atEnd) {
    if (!rules.exemplars) throw new ExpositionError("something stands behind the value that is no timestamp");
    exemplar = reader.exemplar();
  }
  if (!reader.atEnd) throw new ExpositionError("something stands behind the end of the line");
  return { name, labels, value, valueText, timestamp, exemplar };
}

/** A value: a decimal number, or an infinity or NaN in any case. */
export function parseNumber(text: string): number {
  if (REAL_NUMBER.test(text)) return Number(text);
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return Number.NaN;
  throw new ExpositionError(`"${text}" is not a number`);
}

export function isRealNumber(text: string): boolean {
  return REAL_NUMBER.test(text);
}

export function isMetricName(text: string): boolean {
  return /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(text);
}

class LineReader {
  readonly #line: string;
  readonly #rules: LineRules;
  #at = 0;

  constructor(line: string, rules: LineRules) {
    this.#line = line;
    this.#rules = rules;
  }

  get atEnd(): boolean {
    return this.#at === this.#line.length;
  }

  peek(text: string): boolean {
    return this.#line.startsWith(text, this.#at);
  }

  series(): { readonly name: string; readonly labels: ParsedSample["labels"] } {
    const name = this.#match(METRIC_NAME)?.[0];
    if (name !== undefined) return { name, labels: this.#opensBraces() ? this.labels() : [] };
    if (!this.#rules.utf8 || !this.peek("{")) throw new ExpositionError("a line begins with a metric name");
    this.#expect("{");
    this.#freeBlanks();
    const quoted = this.#quoted();
    this.#freeBlanks();
    if (quoted === undefined || quoted === "") throw new ExpositionError("the braces begin with the metric name in quotes");
    if (this.peek("}")) {
      this.#expect("}");
      return { name: quoted, labels: [] };
    }
    this.#expect(",");
    return { name: quoted, labels: this.#pairs() };
  }

  labels(): ParsedSample["labels"] {
    this.#expect("{");
    return this.#pairs();
  }

  exemplar(): ParsedExemplar {
    for (const part of [" ", "#", " "]) this.#expect(part);
    const labels = this.labels();
    this.#expect(" ");
    const value = parseNumber(this.word("exemplar value"));
    if (this.atEnd) return { labels, value, timestamp: undefined };
    this.#expect(" ");
    const timestamp = this.word("exemplar timestamp");
    if (!isRealNumber(timestamp)) throw new ExpositionError(`"${timestamp}" is not a timestamp`);
    return { labels, value, timestamp };
  }

  space(before: string): void {
    if (this.#rules.strictSpace) this.#expect(" ");
    else if (this.#blanks() === 0 && !/[} \t]/.test(this.#line[this.#at - 1] ?? "")) throw new ExpositionError(`no space before the ${before}`);
  }

  word(what: string): string {
    const word = this.#match(WORD)?.[0];
    if (word === undefined) throw new ExpositionError(`the ${what} is missing`);
    this.#freeBlanks();
    return word;
  }

  /** In text there may be blanks before the brace. */
  #opensBraces(): boolean {
    const before = this.#at;
    this.#freeBlanks();
    if (this.peek("{")) return true;
    this.#at = before;
    return false;
  }

  #freeBlanks(): void {
    if (!this.#rules.strictSpace) this.#blanks();
  }

  #blanks(): number {
    const before = this.#at;
    while (this.#line[this.#at] === " " || this.#line[this.#at] === "\t") this.#at++;
    return this.#at - before;
  }

  /** Behind the opening brace (and the name, if it stands there) up to the closing one. */
  #pairs(): ParsedSample["labels"] {
    const labels: [string, string][] = [];
    this.#freeBlanks();
    while (!this.peek("}")) {
      const name: string | undefined = this.#match(LABEL_NAME)?.[0] ?? (this.#rules.utf8 ? this.#quoted() : undefined);
      if (name === undefined || name === "") throw new ExpositionError("a label name is missing or has characters that it may not have");
      this.#freeBlanks();
      this.#expect("=");
      this.#freeBlanks();
      const value = this.#quoted();
      if (value === undefined) throw new ExpositionError(`the value of label ${name} is not in quotes, or not escaped`);
      if (labels.some(([other]) => other === name)) throw new ExpositionError(`label ${name} stands there twice`);
      labels.push([name, value]);
      this.#freeBlanks();
      if (this.peek("}")) break;
      this.#expect(",");
      this.#freeBlanks();
      // OpenMetrics' grammar has no comma at the end; the text format has.
      if (this.#rules.strictSpace && this.peek("}")) throw new ExpositionError("a comma before the closing brace");
    }
    this.#expect("}");
    return labels;
  }

  #quoted(): string | undefined {
    const found = this.#match(QUOTED)?.[1];
    return found?.replace(/\\(.)/gu, (whole, character: string) =>
      character === "n" ? "\n" : character === '"' || character === "\\" ? character : whole,
    );
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#line);
    if (found !== null) this.#at = pattern.lastIndex;
    return found;
  }

  #expect(text: string): void {
    if (!this.peek(text)) throw new ExpositionError(`expected "${text}" at column ${this.#at + 1}`);
    this.#at += text.length;
  }
}

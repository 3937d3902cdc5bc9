import { parseCsvFields } from "./csv-fields.ts";
import { LineAccount } from "./line-account.ts";
import { isBlank, type LineFate } from "./open-lines.ts";
import type { LineReader } from "./reader.ts";

/** A row by the names of its columns. */
export interface Row {
  /** "" where there is no such column. */
  get(column: string): string;
  readonly fields: readonly string[];
  /** How many lines of the file it took. */
  readonly lineCount: number;
}

export interface TableShape {
  readonly separator?: string;
  /** Columns without which nothing can be read; checked against the heading, whose order is free. */
  readonly required: readonly string[];
  /** Names of the columns when the file has no heading. A first line that holds all of `required` is a heading nevertheless. */
  readonly columns?: readonly string[];
  /** Fewer or more fields than the heading are fine; else the row is rejected. */
  readonly isRagged?: boolean;
  onHeading?(columns: readonly string[]): void;
  onRow(row: Row): LineFate;
  onEnd?(): void;
}

/** A row with quoted line feeds may stretch over so many lines and characters; beyond that it was a stray quote. */
const MAX_ROW_LINES = 64;
const MAX_ROW_CHARACTERS = 262_144;

/**
 * Reads tables with a heading, row by row. A quoted field may go over several lines; a stray quote costs its own line only: when the row that
 * it opened does not end, or has the wrong number of fields, the lines after it are read again by themselves.
 */
export function openTable(shape: TableShape): LineReader {
  return new TableReader(shape);
}

class TableReader implements LineReader {
  readonly account = new LineAccount();
  readonly #shape: TableShape;
  #columns: ReadonlyMap<string, number> | undefined;
  #width = 0;
  #hasStarted = false;
  /** Lines of a row whose quote is still open. */
  #open: string[] = [];
  #openCharacters = 0;

  constructor(shape: TableShape) {
    this.#shape = shape;
  }

  push(line: string): void {
    this.account.lines += 1;
    this.#queue([line], this.account.lines);
  }

  end(): void {
    while (this.#open.length > 0) this.#giveUpFirst();
    this.#shape.onEnd?.();
  }

  /** `lastNumber` is the number of the last of the lines. */
  #queue(lines: readonly string[], lastNumber: number): void {
    for (const [index, line] of lines.entries()) this.#line(line, lastNumber - lines.length + 1 + index);
  }

  #line(line: string, number: number): void {
    if (this.#open.length === 0 && isBlank(line)) {
      this.account.skipped += 1;
      return;
    }
    this.#open.push(line);
    this.#openCharacters += line.length;
    const isJoined = this.#open.length > 1;
    const fields = parseCsvFields(isJoined ? this.#open.join("\n") : line, this.#shape.separator, isJoined);
    if (fields === "open") {
      if (this.#open.length >= MAX_ROW_LINES || this.#openCharacters > MAX_ROW_CHARACTERS) this.#giveUpFirst(number);
      return;
    }
    if (fields === "malformed" || (isJoined && !this.#fits(fields))) {
      this.#giveUpFirst(number);
      return;
    }
    const lines = this.#open.length;
    this.#open = [];
    this.#openCharacters = 0;
    const fate = this.#hasStarted ? this.#row(fields, lines) : this.#heading(fields, lines);
    if (fate === "accepted") this.account.accepted += lines;
    else if (fate === "skipped") this.account.skipped += lines;
    else if (fate !== "held") this.account.reject(fate, number - lines + 1, lines);
  }

  #giveUpFirst(lastNumber = this.account.lines): void {
    const [, ...rest] = this.#open;
    this.account.reject("open_quote", lastNumber - rest.length);
    this.#open = [];
    this.#openCharacters = 0;
    this.#queue(rest, lastNumber);
  }

  #fits(fields: readonly string[]): boolean {
    return this.#shape.isRagged === true || this.#columns === undefined || fields.length === this.#width;
  }

  #heading(fields: readonly string[], lineCount: number): LineFate {
    const names = fields.map((name) => name.trim());
    const isHeading = this.#shape.required.every((column) => names.includes(column));
    const columns = isHeading ? names : this.#shape.columns;
    if (columns === undefined) return "no_header";
    this.#hasStarted = true;
    this.#width = columns.length;
    this.#columns = new Map(columns.map((name, index) => [name, index]));
    this.#shape.onHeading?.(columns);
    return isHeading ? "skipped" : this.#row(fields, lineCount);
  }

  #row(fields: readonly string[], lineCount: number): LineFate {
    if (!this.#fits(fields)) return "bad_columns";
    const columns = this.#columns as ReadonlyMap<string, number>;
    return this.#shape.onRow({ fields, lineCount, get: (column) => fields[columns.get(column) ?? -1] ?? "" });
  }
}

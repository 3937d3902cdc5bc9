import { countDigits, MAX_DECIMAL_BYTES, writeDecimal, writeDigits } from "../../collector/wire/decimal-text.ts";
import { Page } from "./page.ts";

/**
 * Rendered lines that are kept from one exposition to the next. What changes, a line's value, is written over the old one where both are
 * equally long; only from the first that is not are bytes moved. So most of an exposition is one copy of memory.
 *
 * Built with `line` for each line; then, for each exposition: `begin`, one `number` or `text` per line in the same order, `end`.
 */
export class LineBlock {
  /** The lines as they were last, with values of no length at first. */
  readonly #page = new Page(LEAST_BYTES);
  /** Bytes between a value and the one before it: line break and beginning of the line. */
  #gaps = new Uint32Array(64);
  #widths = new Uint16Array(64);
  /** Last values as numbers; NaN where the text is more than a number, or not yet there. */
  #values = new Float64Array(64);
  #count = 0;
  #line = 0;
  /** In the kept page: behind the last value that was given. */
  #position = 0;
  /** In the kept page: up to here everything is in the page that is written. */
  #copied = 0;
  /** In the page that is written: from here on it is not as the kept one. -1 = nowhere. */
  #movedFrom = -1;
  #out = NO_PAGE;
  #outStart = 0;

  /** Memory that it holds. */
  get sizeBytes(): number {
    return this.#page.bytes.length + this.#gaps.length * BYTES_PER_LINE;
  }

  /** Lines are forgotten, memory is kept. */
  clear(): void {
    this.#page.length = 0;
    this.#count = 0;
    this.#position = 0;
  }

  /** Adds a line with its beginning, which ends in a space. */
  line(start: string): void {
    if (this.#count === this.#gaps.length) this.#grow();
    const page = this.#page;
    const before = this.#count === 0 ? 0 : page.length - 1;
    page.text(start);
    this.#gaps[this.#count] = page.length - before;
    this.#widths[this.#count] = 0;
    this.#values[this.#count] = Number.NaN;
    this.#count++;
    page.text("\n");
  }

  begin(out: Page): void {
    out.reserve(this.#page.length);
    this.#out = out;
    this.#outStart = out.length;
    this.#line = 0;
    this.#position = 0;
    this.#copied = 0;
    this.#movedFrom = -1;
  }

  /** The next line's value. */
  number(value: number): void {
    const line = this.#line++;
    const start = this.#position + (this.#gaps[line] as number);
    const width = this.#widths[line] as number;
    this.#position = start + width;
    if (value === this.#values[line]) return;
    this.#values[line] = value;
    if (value >= 0 && value <= 0xffff_ffff && value === value >>> 0) {
      const digits = countDigits(value);
      if (digits === width) {
        writeDigits(this.#page.bytes, start, value, digits);
        return;
      }
      this.#moveTo(start);
      this.#out.reserve(digits);
      this.#out.length = writeDigits(this.#out.bytes, this.#out.length, value, digits);
      this.#widths[line] = digits;
      return;
    }
    this.#replace(line, start, width, SCRATCH, writeDecimal(SCRATCH, 0, value));
  }

  /** The next line's value with what follows it, as text. */
  text(text: string): void {
    const line = this.#line++;
    const start = this.#position + (this.#gaps[line] as number);
    const width = this.#widths[line] as number;
    this.#position = start + width;
    this.#values[line] = Number.NaN;
    const bytes = Buffer.from(text, "utf8");
    this.#replace(line, start, width, bytes, bytes.length);
  }

  /** Every line has got its value: the rest is copied. */
  end(): void {
    const page = this.#page;
    if (this.#line !== this.#count) throw new RangeError(`${this.#count} lines, but ${this.#line} values`);
    this.#out.copy(page.bytes, this.#copied, page.length);
    if (this.#movedFrom >= 0) {
      const kept = this.#movedFrom - this.#outStart;
      page.length = kept;
      page.copy(this.#out.bytes, this.#movedFrom, this.#out.length);
    }
    this.#out = NO_PAGE;
  }

  #replace(line: number, start: number, width: number, source: Buffer, length: number): void {
    if (length === width) {
      const { bytes } = this.#page;
      for (let index = 0; index < length; index++) bytes[start + index] = source[index] as number;
      return;
    }
    this.#moveTo(start);
    this.#out.copy(source, 0, length);
    this.#widths[line] = length;
  }

  /** Copies what comes before a value that has another length now. The old value is skipped by what is copied next. */
  #moveTo(start: number): void {
    this.#out.copy(this.#page.bytes, this.#copied, start);
    if (this.#movedFrom < 0) this.#movedFrom = this.#out.length;
    this.#copied = this.#position;
  }

  #grow(): void {
    const size = this.#gaps.length * 2;
    const gaps = new Uint32Array(size);
    gaps.set(this.#gaps);
    this.#gaps = gaps;
    const widths = new Uint16Array(size);
    widths.set(this.#widths);
    this.#widths = widths;
    const values = new Float64Array(size);
    values.set(this.#values);
    this.#values = values;
  }
}

const BYTES_PER_LINE = 4 + 2 + 8;
/** Most families have a handful of lines. */
const LEAST_BYTES = 1024;
const SCRATCH = Buffer.alloc(MAX_DECIMAL_BYTES);
const NO_PAGE = new Page();

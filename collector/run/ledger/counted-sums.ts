import type { CountedSum } from "../../model/ledger.ts";
import { VarintReader, VarintWriter } from "../../stats/varint.ts";

/** Sums by name; a name without a sum is not there. */
export type SumsByName = Readonly<Record<string, CountedSum | undefined>>;

/**
 * Sums in few bytes: for each, a varint of 2 × the number of its name + 1 where `n` is no whole number from 0; `n` as varint, or as double then;
 * the sum as double. undefined where there is none.
 *
 * `numberOf` gives each name its number; that names have numbers of the file's own, and not of their order in the source, lets the list of names change.
 */
export function encodeCountedSums(sums: SumsByName, numberOf: (name: string) => number): Uint8Array | undefined {
  let writer: VarintWriter | undefined;
  for (const name in sums) {
    const counted = sums[name];
    if (counted === undefined) continue;
    writer ??= new VarintWriter();
    const isWhole = Number.isSafeInteger(counted.n) && counted.n >= 0 && !Object.is(counted.n, -0);
    writer.unsigned(numberOf(name) * 2 + (isWhole ? 0 : 1));
    if (isWhole) writer.unsigned(counted.n);
    else writer.double(counted.n);
    writer.double(counted.sum);
  }
  return writer?.finish();
}

/** Throws: LoadError E_WIRE_TRUNCATED, E_WIRE_MALFORMED; RangeError for a number that no name has. */
export function decodeCountedSums(bytes: Uint8Array, names: readonly (string | undefined)[]): Readonly<Record<string, CountedSum>> {
  const sums: Record<string, CountedSum> = {};
  for (const reader = new VarintReader(bytes); !reader.isAtEnd; ) {
    const head = reader.unsigned();
    const name = names[Math.floor(head / 2)];
    if (name === undefined) throw new RangeError(`a sum of the unknown name ${Math.floor(head / 2)}`);
    sums[name] = { n: head % 2 === 0 ? reader.unsigned() : reader.double(), sum: reader.double() };
  }
  return sums;
}

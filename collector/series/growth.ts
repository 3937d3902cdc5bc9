/**
 * How the columns of the store grow. Small ones are copied into larger ones. Large ones lie in a WebAssembly memory each, which grows where it is:
 * nothing is copied while the event loop waits, and the C library's heap is not left full of holes, which would take as much again as what
 * is in use. Array views over either are the same to whoever reads them, but one from before a growth is empty.
 */

const LARGE_BYTES = 1_048_576;
const WASM_PAGE_BYTES = 65_536;
/** 4 GiB of addresses, which cost nothing until they are written to. */
const MAX_WASM_PAGES = 65_536;

interface GrowingMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
/** Node's own types do not have it. */
const { WebAssembly } = globalThis as unknown as {
  readonly WebAssembly: { readonly Memory: new (pages: { readonly initial: number; readonly maximum: number }) => GrowingMemory };
};
const memories = new WeakMap<ArrayBufferLike, GrowingMemory>();
/** The system has refused addresses once: each further request for them would take V8 some 80 ms. */
let isRefused = false;

export type Column = Uint8Array | Uint16Array | Uint32Array | Float64Array;

/** Half as large again; where that is many MB, an eighth. */
export function grownSize(size: number): number {
  return Math.ceil(size * (size < 262_144 ? 1.5 : 1.125));
}

/** The array with another length, which is larger; the old one must not be used any more. */
export function resized<T extends Column>(array: T, size: number): T {
  const make = array.constructor as new (buffer: ArrayBufferLike | number, offset?: number, length?: number) => T;
  const sizeBytes = size * array.BYTES_PER_ELEMENT;
  const memory = sizeBytes < LARGE_BYTES ? undefined : memoryFor(array, sizeBytes);
  if (memory === undefined) {
    const grown = new make(size);
    grown.set(array as never);
    return grown;
  }
  const grown = new make(memory.buffer, 0, size);
  // Still there only where it was not in this memory already.
  if (array.length > 0) grown.set(array as never);
  memories.set(memory.buffer, memory);
  return grown;
}

/** Undefined where the system does not give the addresses (`ulimit -v`). */
function memoryFor(array: Column, sizeBytes: number): GrowingMemory | undefined {
  const pages = Math.ceil(sizeBytes / WASM_PAGE_BYTES);
  const known = memories.get(array.buffer);
  if (known === undefined && isRefused) return undefined;
  try {
    if (known === undefined) return new WebAssembly.Memory({ initial: pages, maximum: MAX_WASM_PAGES });
    const missing = pages - known.buffer.byteLength / WASM_PAGE_BYTES;
    if (missing > 0) known.grow(missing);
    return known;
  } catch {
    isRefused ||= known === undefined;
    return undefined;
  }
}

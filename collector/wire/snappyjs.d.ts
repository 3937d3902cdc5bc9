/** Of snappyjs 0.7.0, which ships no types. */
declare module "snappyjs" {
  /** Block format. Throws on anything invalid; see snappy.ts for why it is not used on bytes from outside. */
  export function uncompress(compressed: Uint8Array, maxLength?: number): Uint8Array;
  /** Block format. */
  export function compress(uncompressed: Uint8Array): Uint8Array;
}

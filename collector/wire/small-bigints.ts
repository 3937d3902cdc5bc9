/** Bucket counts are mostly small: a shared bigint costs no allocation. */
export const SMALL_BIGINTS: readonly bigint[] = Array.from({ length: 1024 }, (_, value) => BigInt(value));

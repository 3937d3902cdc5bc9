/** A request is small, and its sender near: whoever is slower holds a connection for nothing. */
export const REQUEST_TIMEOUT_MS = 15_000;
/** A ledger may be hundreds of MB; a receiver that takes nothing for so long is gone. */
export const STALL_TIMEOUT_MS = 60_000;
/** Reports of long runs, and those that wait for others, say nothing for minutes. */
export const HEAVY_TIMEOUT_MS = 600_000;

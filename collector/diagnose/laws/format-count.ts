/** A count as people read it: `4 661`; fractions are rounded away. */
export function formatCount(count: number): string {
  const digits = String(Math.abs(Math.round(count))).replace(/\B(?=(\d{3})+$)/g, " ");
  return count <= -0.5 ? `−${digits}` : digits;
}

/** `1 request`, `4 661 requests`. */
export function formatRequests(count: number, one = "request"): string {
  return `${formatCount(count)} ${one}${Math.round(count) === 1 ? "" : "s"}`;
}

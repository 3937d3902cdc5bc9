/**
 * Prometheus 3 made windows left-open (a sample that lies exactly at the beginning does not belong to them), and changed the order of two
 * rules of `rate`. `prometheus-2` is what Debian's 2.42 does.
 */
export type Dialect = "prometheus-3" | "prometheus-2";

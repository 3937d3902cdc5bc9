import { vi } from "vitest";

/** Waits until this holds; long enough for a machine that has other things to do. */
export function eventually(assertion: () => void): Promise<void> {
  return vi.waitFor(assertion, { timeout: 15_000, interval: 5 });
}

import { ROUTES } from "../api-server/routes.ts";
import type { DriveOptions, DriveTarget } from "../driver/driver.ts";
import type { RunPhase } from "../driver/run-telemetry.ts";

/** The mix of the load test: both galleries alike, some details, a health check. Targets are named by their routes, as the server's metrics are. */
const TARGETS: readonly DriveTarget[] = [
  { name: ROUTES.puzzleGallery, path: () => ROUTES.puzzleGallery, weight: 8 },
  { name: ROUTES.customWorldGallery, path: () => ROUTES.customWorldGallery, weight: 8 },
  {
    name: ROUTES.puzzleGalleryWork,
    path: (index) => `${ROUTES.puzzleGallery}/puzzle-profile-${String(1 + (index % 80)).padStart(4, "0")}`,
    weight: 3,
  },
  { name: ROUTES.health, path: () => ROUTES.health, weight: 1 },
];

/** Shares of the whole time. */
const SHARES = { ramp: 0.4, hold: 0.4, cool: 0.2 } as const;

/** The stages of the load by name. */
export function demoPhases(seconds: number): readonly RunPhase[] {
  let atMs = 0;
  return Object.entries(SHARES).map(([name, share]) => {
    const phase = { name, atMs };
    atMs += share * seconds * 1000;
    return phase;
  });
}

/** A spike: up from a fifth of the rate, hold, down again. */
export function demoLoad(baseUrl: string, seconds: number, peakPerSecond: number, signal: AbortSignal): DriveOptions {
  const share = (part: number) => seconds * 1000 * part;
  return {
    baseUrl,
    rate: {
      kind: "ramping",
      startPerSecond: peakPerSecond / 5,
      stages: [
        { toPerSecond: peakPerSecond, durationMs: share(SHARES.ramp) },
        { toPerSecond: peakPerSecond, durationMs: share(SHARES.hold) },
        { toPerSecond: peakPerSecond / 5, durationMs: share(SHARES.cool) },
      ],
    },
    targets: TARGETS,
    maxInFlight: Math.max(64, Math.ceil(peakPerSecond)),
    timeoutMs: 10_000,
    signal,
  };
}

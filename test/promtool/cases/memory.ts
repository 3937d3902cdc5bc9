import { METRICS } from "../../../collector/model/catalog.ts";
import { type AlertCases, API, API_LABELS } from "../alert-case.ts";

/** Three samples a step: whether a window holds its oldest sample (Prometheus 2) or not (3) makes no difference. */
function steps(count: number): string {
  return Array.from({ length: count }, (_, step) => `${100e6 + 9e6 * step}x2`).join(" ");
}

export const memoryCases: AlertCases = (nameOf) => {
  const memory = `${nameOf(METRICS.processMemoryUsage)}{${API}}`;
  return [
    {
      name: "7 GB for half a minute, 100 MB afterwards: a peak, no leak",
      series: { [memory]: "100e6x60 100e6 600e6 2e9 7e9 6e9 300e6 110e6 100e6x30" },
      expect: [
        { alert: "MemoryAllocationPeak", at: "5m", fires: [] },
        {
          alert: "MemoryAllocationPeak",
          at: "5m20s",
          fires: [
            {
              labels: { ...API_LABELS, kind: "peak" },
              summary: "Memory of i peaked",
              description: "Resident memory of api reached 6.519GiB within 1m (limit: 3 times its floor), and the floor did not rise.",
            },
          ],
        },
        { alert: "MemoryAllocationPeak", at: "6m30s", fires: [] },
        { alert: "MemoryFloorClimbing", at: "5m20s", fires: [] },
      ],
    },
    {
      name: "9 MB more every quarter of a minute: a leak, no peak",
      series: { [memory]: steps(47) },
      expect: [
        { alert: "MemoryFloorClimbing", at: "3m", fires: [] },
        {
          alert: "MemoryFloorClimbing",
          at: "10m",
          fires: [
            {
              labels: { ...API_LABELS, kind: "leak" },
              summary: "Memory of i climbs and does not come back",
              description: "The least resident memory of api within 2m is 370MiB and still rising (limit: 1.3 times what it was 4m before).",
            },
          ],
        },
        { alert: "MemoryAllocationPeak", at: "10m", fires: [] },
      ],
    },
    {
      name: "a warm-up that comes to rest is no leak",
      series: { [memory]: "80e6x6 100e6+10e6x10 200e6x130" },
      expect: [
        { alert: "MemoryFloorClimbing", at: "4m30s", fires: [] },
        { alert: "MemoryFloorClimbing", at: "5m", fires: [] },
        { alert: "MemoryFloorClimbing", at: "6m", fires: [] },
        { alert: "MemoryAllocationPeak", at: "3m", fires: [] },
      ],
    },
    {
      name: "a small process that trebles for a moment is not worth an alert",
      series: { [memory]: "30e6x40 120e6 30e6x20" },
      expect: [{ alert: "MemoryAllocationPeak", at: "3m30s", fires: [] }],
    },
  ];
};

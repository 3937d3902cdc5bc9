import { METRICS } from "../../../collector/model/catalog.ts";
import { type AlertCases, API, API_LABELS } from "../alert-case.ts";

const rejecting = (ratio: string) => ({
  labels: API_LABELS,
  summary: "i turns requests away with 429",
  description: `${ratio} of the requests to api were answered with 429 within 30s (limit 1%).`,
});
const slow = (ratio: string) => ({
  labels: API_LABELS,
  summary: "Too many requests to i are slow",
  description: `${ratio} of the requests to api took longer than 2 s (2.5 s where no bucket ends there) within 30s (limit 10%: 2 times the budget of 5%).`,
});

export const httpServerCases: AlertCases = (nameOf) => {
  const family = nameOf(METRICS.httpServerRequestDuration);
  const count = (status: number) => `${family}_count{${API},http_response_status_code="${status}"}`;
  const bucket = (status: number, le: string) => `${family}_bucket{${API},http_response_status_code="${status}",le="${le}"}`;
  return [
    {
      name: "back-pressure begins after half a minute: the 429 series is born then",
      series: { [count(200)]: "0+200x24", [count(429)]: "_x6 0+50x18" },
      expect: [
        { alert: "BackpressureRejecting", at: "30s", fires: [] },
        { alert: "BackpressureRejecting", at: "1m30s", fires: [rejecting("20%")] },
      ],
    },
    {
      name: "a single 429 in a thousand requests",
      series: { [count(200)]: "0+200x24", [count(429)]: "0x11 1x13" },
      expect: [{ alert: "BackpressureRejecting", at: "1m", fires: [] }],
    },
    {
      name: "a fifth takes longer than 2.5 s",
      series: { [bucket(200, "2.5")]: "0+80x24", [bucket(200, "+Inf")]: "0+100x24", [count(200)]: "0+100x24" },
      expect: [
        { alert: "LatencySLOBurning", at: "10s", fires: [] },
        { alert: "LatencySLOBurning", at: "1m", fires: [slow("20%")] },
      ],
    },
    {
      name: "half is turned away within a millisecond: that makes the rest no faster",
      series: {
        [bucket(200, "2.5")]: "0+80x24",
        [count(200)]: "0+100x24",
        [bucket(429, "2.5")]: "0+100x24",
        [count(429)]: "0+100x24",
      },
      expect: [{ alert: "LatencySLOBurning", at: "1m", fires: [slow("20%")] }],
    },
    {
      name: "4 % slow is within the budget; between 2 and 2.5 s counts as quick",
      series: { [bucket(200, "1.0")]: "0+10x24", [bucket(200, "2.5")]: "0+96x24", [count(200)]: "0+100x24" },
      expect: [{ alert: "LatencySLOBurning", at: "1m", fires: [] }],
    },
    {
      name: "buckets at powers of two: of an exponential histogram, one route of which nobody waits for",
      series: {
        [bucket(200, "2.0")]: "0+70x24",
        [bucket(200, "4.0")]: "0+100x24",
        [count(200)]: "0+100x24",
        [bucket(304, "0.5")]: "0+100x24",
        [count(304)]: "0+100x24",
      },
      expect: [{ alert: "LatencySLOBurning", at: "1m10s", fires: [slow("15%")] }],
    },
    {
      name: "a bucket at a power of two that is born with the first slow request accuses nobody of the many quick ones before",
      series: { [bucket(200, "0.5")]: "0+99x48", [bucket(200, "2.0")]: "_x12 1199+99x36", [count(200)]: "0+100x48" },
      expect: ["1m5s", "1m15s", "1m30s", "1m45s", "2m30s"].map((at) => ({ alert: "LatencySLOBurning" as const, at, fires: [] })),
    },
    {
      name: "both 2 and 2.5: the bound nearer to the target decides",
      series: { [bucket(200, "2.0")]: "0+80x24", [bucket(200, "2.5")]: "0+99x24", [count(200)]: "0+100x24" },
      expect: [{ alert: "LatencySLOBurning", at: "1m10s", fires: [slow("20%")] }],
    },
    {
      name: "a slow request now and then by hand",
      series: { [bucket(200, "2.5")]: "0x24", [count(200)]: "0+1x24" },
      expect: [{ alert: "LatencySLOBurning", at: "1m", fires: [] }],
    },
  ];
};

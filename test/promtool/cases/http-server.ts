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
  description: `${ratio} of the requests to api took longer than 2.5 s within 30s (limit 10%: 2 times the budget of 5%).`,
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
      name: "a slow request now and then by hand",
      series: { [bucket(200, "2.5")]: "0x24", [count(200)]: "0+1x24" },
      expect: [{ alert: "LatencySLOBurning", at: "1m", fires: [] }],
    },
  ];
};

import { METRICS } from "../../../collector/model/catalog.ts";
import { type AlertCases, API, API_LABELS } from "../alert-case.ts";

const exhausted = {
  labels: API_LABELS,
  summary: "No request permits left on i",
  description: "api used up all its request permits (fewest left within 20s: 0, limit 0): what comes next is answered with 429.",
};
const low = (left: number) => ({
  labels: API_LABELS,
  summary: "Few request permits left on i",
  description: `api has ${left} request permits left: 10% of its limit or less.`,
});

export const permitCases: AlertCases = (nameOf) => {
  const available = nameOf(METRICS.requestPermitsAvailable);
  const fewest = nameOf(METRICS.requestPermitsAvailableMin);
  const limit = nameOf(METRICS.requestPermitsLimit);
  return [
    {
      name: "permits fall to zero and come back",
      series: { [`${available}{${API}}`]: "256x11 200 90 20 3 0 0 0 4 120 256x10" },
      expect: [
        { alert: "RequestPermitsExhausted", at: "1m15s", fires: [] },
        { alert: "RequestPermitsExhausted", at: "1m20s", fires: [exhausted] },
        { alert: "RequestPermitsExhausted", at: "1m55s", fires: [] },
        { alert: "RequestPermitsLow", at: "1m15s", fires: [] },
        { alert: "RequestPermitsLow", at: "1m20s", fires: [low(0)] },
        { alert: "RequestPermitsLow", at: "1m45s", fires: [] },
      ],
    },
    {
      name: "with unit 1 the gauge arrives as _ratio",
      series: { [`${available}_ratio{${API}}`]: "64x5 0x10" },
      expect: [
        { alert: "RequestPermitsExhausted", at: "25s", fires: [] },
        { alert: "RequestPermitsExhausted", at: "30s", fires: [exhausted] },
        { alert: "RequestPermitsLow", at: "45s", fires: [low(0)] },
      ],
      only: "UnderscoreEscapingWithSuffixes",
    },
    {
      name: "a dip between two exports shows in the minimum only",
      series: {
        [`${available}{${API}}`]: "64x20",
        [`${fewest}{${API}}`]: "64x9 0 64x10",
        [`${limit}{${API}}`]: "64x20",
      },
      expect: [
        { alert: "RequestPermitsExhausted", at: "45s", fires: [] },
        { alert: "RequestPermitsExhausted", at: "50s", fires: [exhausted] },
        { alert: "RequestPermitsExhausted", at: "1m15s", fires: [] },
        { alert: "RequestPermitsLow", at: "1m5s", fires: [] },
      ],
    },
    {
      name: "half of the permits in use, and other processes are not mixed in",
      series: {
        [`${available}{${API}}`]: "32x20",
        [`${limit}{${API}}`]: "64x20",
        [`${available}{job="api",instance="j"}`]: "5x20",
        [`${limit}{job="api",instance="j"}`]: "64x20",
      },
      expect: [
        { alert: "RequestPermitsExhausted", at: "1m", fires: [] },
        { alert: "RequestPermitsLow", at: "5s", fires: [] },
        {
          alert: "RequestPermitsLow",
          at: "10s",
          fires: [{ ...low(5), labels: { job: "api", instance: "j" }, summary: "Few request permits left on j" }],
        },
      ],
    },
  ];
};

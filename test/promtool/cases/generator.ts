import { METRICS } from "../../../collector/model/catalog.ts";
import { CLIENT_METRICS, K6_METRICS } from "../../../collector/model/catalog-run.ts";
import { type AlertCases, API } from "../alert-case.ts";

const dropped = (labels: Readonly<Record<string, string>>, count: string) => ({
  labels,
  summary: "The generator could not make all of the load",
  description: `${count} iterations or requests that were due within 30s were not begun (limit 0): less load was made than was asked for.`,
});
const saturated = (ratio: string) => ({
  labels: {},
  summary: "The generator is the bottleneck, not the server",
  description: `k6 dropped ${ratio} of its iterations within 30s (limit 1%), while its VUs spent less than half as large a part of their time inside the server: what is measured now is the generator or the way to the server.`,
});

export const generatorCases: AlertCases = (nameOf) => {
  const secondsServed = `${nameOf(METRICS.httpServerRequestDuration)}_sum{${API},http_response_status_code="200"}`;
  const k6 = {
    iterations: `k6_${nameOf(K6_METRICS.k6Iterations)}{job="k6",scenario="spike"}`,
    dropped: `k6_${nameOf(K6_METRICS.k6DroppedIterations)}{job="k6",scenario="spike"}`,
    users: 'k6_vus{job="k6"}',
  };
  return [
    {
      name: "20 VUs are all busy and a fifth is dropped, but only one of them is inside the server",
      series: { [k6.iterations]: "0+200x24", [k6.dropped]: "0+50x24", [k6.users]: "20x24", [secondsServed]: "0+5x24" },
      expect: [
        { alert: "DroppedIterations", at: "1m", fires: [dropped({ job: "k6", scenario: "spike" }, "300")] },
        { alert: "GeneratorSaturated", at: "10s", fires: [] },
        { alert: "GeneratorSaturated", at: "1m", fires: [saturated("20%")] },
      ],
    },
    {
      name: "as much is dropped, and all 20 VUs wait for the server: that is the server's doing",
      series: { [k6.iterations]: "0+200x24", [k6.dropped]: "0+50x24", [k6.users]: "20x24", [secondsServed]: "0+95x24" },
      expect: [
        { alert: "DroppedIterations", at: "1m", fires: [dropped({ job: "k6", scenario: "spike" }, "300")] },
        { alert: "GeneratorSaturated", at: "1m", fires: [] },
      ],
    },
    {
      name: "7 iterations dropped at once: the series is born with them",
      series: { [k6.iterations]: "0+200x24", [k6.dropped]: "_x6 7x18", [k6.users]: "20x24", [secondsServed]: "0+5x24" },
      expect: [
        { alert: "DroppedIterations", at: "25s", fires: [] },
        { alert: "DroppedIterations", at: "30s", fires: [dropped({ job: "k6", scenario: "spike" }, "7")] },
        { alert: "DroppedIterations", at: "1m5s", fires: [] },
        { alert: "GeneratorSaturated", at: "1m", fires: [] },
      ],
    },
    {
      name: "our own driver drops 4 a second",
      series: { [`${nameOf(CLIENT_METRICS.clientRequestsDropped)}{job="driver"}`]: "0+20x24" },
      expect: [{ alert: "DroppedIterations", at: "1m", fires: [dropped({ job: "driver" }, "120")] }],
    },
    {
      name: "nothing dropped",
      series: { [k6.iterations]: "0+200x24", [k6.dropped]: "0x24", [k6.users]: "20x24", [secondsServed]: "0+5x24" },
      expect: [
        { alert: "DroppedIterations", at: "1m", fires: [] },
        { alert: "GeneratorSaturated", at: "1m", fires: [] },
      ],
    },
  ];
};

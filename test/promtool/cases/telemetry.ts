import { METRICS } from "../../../collector/model/catalog.ts";
import { RUN_METRICS } from "../../../collector/model/catalog-run.ts";
import { SELF_METRICS } from "../../../collector/model/catalog-self.ts";
import { type AlertCases, API } from "../alert-case.ts";

const lost = {
  labels: { run_id: "r1" },
  summary: "No telemetry of the server during run r1",
  description: "Run r1 is active (value 1), but neither memory nor request counts of any server have changed for 30s (limit: at least 1 change).",
};
const loss = { job: "pitwall", instance: "127.0.0.1:8888", component: "otlp_http", reason: "send_failed", signal: "metrics" };
const dropping = (count: string) => ({
  labels: loss,
  summary: "The collector loses metrics: send_failed",
  description: `otlp_http dropped ${count} items of metrics within 1m (limit 0), reason send_failed: what dashboards and the report say of this time is incomplete.`,
});

export const telemetryCases: AlertCases = (nameOf) => {
  const run = `${nameOf(RUN_METRICS.runActive)}{run_id="r1"}`;
  const memory = `${nameOf(METRICS.processMemoryUsage)}{${API}}`;
  const served = `${nameOf(METRICS.httpServerRequestDuration)}_count{${API}}`;
  const selfLoss = (reason: string) =>
    `${SELF_METRICS.droppedItems.name}{job="pitwall",instance="127.0.0.1:8888",component="otlp_http",reason="${reason}",signal="metrics"}`;
  return [
    {
      name: "the server falls silent: its last values stand still behind the scrape endpoint",
      series: { [run]: "1x40", [memory]: "1e8+4096x12 100049152x28", [served]: "0+100x12 1200x28" },
      expect: [
        { alert: "TelemetryLostDuringRun", at: "1m", fires: [] },
        { alert: "TelemetryLostDuringRun", at: "1m50s", fires: [lost] },
      ],
    },
    {
      name: "the server falls silent: its series end",
      series: { [run]: "1x40", [memory]: "1e8+4096x12 _x28", [served]: "0+100x12 _x28" },
      expect: [{ alert: "TelemetryLostDuringRun", at: "1m50s", fires: [lost] }],
    },
    {
      name: "not a single metric from the begin of the run on",
      series: { [run]: "_x6 1x34" },
      expect: [
        { alert: "TelemetryLostDuringRun", at: "1m", fires: [] },
        { alert: "TelemetryLostDuringRun", at: "1m20s", fires: [lost] },
      ],
    },
    {
      name: "requests come in while memory stands still, and after the run nobody asks",
      series: { [run]: "1x20 0x20", [memory]: "1e8x40", [served]: "0+100x20 2000x20" },
      expect: [
        { alert: "TelemetryLostDuringRun", at: "1m30s", fires: [] },
        { alert: "TelemetryLostDuringRun", at: "2m50s", fires: [] },
      ],
    },
    {
      name: "the collector loses points: the series is born with the first loss and then grows",
      series: { [selfLoss("send_failed")]: "_x6 12x14 12+6x14 96x30" },
      expect: [
        { alert: "CollectorDroppingTelemetry", at: "25s", fires: [] },
        { alert: "CollectorDroppingTelemetry", at: "30s", fires: [dropping("12")] },
        { alert: "CollectorDroppingTelemetry", at: "1m35s", fires: [] },
        { alert: "CollectorDroppingTelemetry", at: "2m55s", fires: [dropping("72")] },
        { alert: "CollectorDroppingTelemetry", at: "4m", fires: [] },
      ],
    },
    {
      name: "what a filter drops is no loss",
      series: { [selfLoss("filtered")]: "0+100x24", [selfLoss("send_failed")]: "0x24" },
      expect: [{ alert: "CollectorDroppingTelemetry", at: "1m", fires: [] }],
    },
  ];
};

import { stringify } from "yaml";
import { reachableUrl, type StackOptions } from "./stack-options.ts";

/** `alertmanager.yml`: everything at once to one receiver, since a run is over before usual grouping times are. */
export function renderAlertmanagerConfig(options: StackOptions): string {
  const { webhookUrl } = options;
  const webhook = webhookUrl === undefined ? [] : [{ url: reachableUrl(webhookUrl, options), send_resolved: true }];
  const config = {
    route: { receiver: "pitwall", group_by: ["alertname", "job", "instance"], group_wait: "0s", group_interval: "5s", repeat_interval: "1h" },
    receivers: [{ name: "pitwall", ...(webhook.length === 0 ? {} : { webhook_configs: webhook }) }],
    // While the server answers 429 it also runs out of permits: one page is enough.
    inhibit_rules: [
      {
        source_matchers: ["alertname=RequestPermitsExhausted"],
        target_matchers: ["alertname=~RequestPermitsLow|BackpressureRejecting"],
        equal: ["job", "instance"],
      },
    ],
  };
  const hint = webhookUrl === undefined ? "# Nobody is told yet: `pitwall dashboards --webhook URL`, or add a receiver of your own.\n" : "";
  return `# Written by \`pitwall dashboards\`.\n${hint}${stringify(config, { lineWidth: 0 })}`;
}

import { reachableUrl, type StackOptions } from "./stack-options.ts";

/**
 * `alertmanager.yml` for Alertmanager 0.22 and later: every alert of a load run goes to one webhook at once.
 * The body is Alertmanager's JSON (prometheus.io/docs/alerting/latest/configuration, webhook_config).
 */
export function renderAlertmanagerConfig(options: Pick<StackOptions, "webhookUrl" | "network">): string {
  const { webhookUrl } = options;
  const url = webhookUrl === undefined ? undefined : JSON.stringify(reachableUrl(webhookUrl, options));
  const receiver = url === undefined ? "" : `    webhook_configs:\n      - url: ${url}\n        send_resolved: true\n`;
  const hint = url === undefined ? "# Nobody is told yet: `pitwall dashboards --webhook URL`, or add a receiver of your own.\n" : "";
  return `# Written by \`pitwall dashboards\`.
${hint}route:
  receiver: webhook
  # One message for each alert of each process and run; run_id is empty for alerts that know of no run.
  group_by: [alertname, job, instance, run_id]
  # The usual 30 s of collecting are a sixth of a short run.
  group_wait: 0s
  group_interval: 5s
  # A run is shorter than this: nobody is told twice.
  repeat_interval: 1h
  routes:
    # A peak that comes back is a note for the report, not a message.
    - matchers: [severity="info"]
      receiver: nobody
receivers:
  - name: webhook
${receiver}  - name: nobody
inhibit_rules:
${INHIBITIONS.map(inhibition).join("")}`;
}

interface Inhibition {
  readonly why: string;
  readonly source: string;
  readonly target: string;
  readonly equal: readonly string[];
}

const INHIBITIONS: readonly Inhibition[] = [
  {
    why: "No permits left is the stronger word for few permits left.",
    source: "RequestPermitsExhausted",
    target: "RequestPermitsLow",
    equal: ["job", "instance"],
  },
  {
    why: "Where the descriptors are nearly used up, that they will be is no news.",
    source: "FileDescriptorsNearLimit",
    target: "FileDescriptorsWillRunOut",
    equal: ["job", "instance"],
  },
  {
    why: "A generator that is the bottleneck drops iterations; its own message says more.",
    source: "GeneratorSaturated",
    target: "DroppedIterations",
    equal: [],
  },
];

function inhibition({ why, source, target, equal }: Inhibition): string {
  return `  # ${why}
  - source_matchers: [alertname="${source}"]
    target_matchers: [alertname="${target}"]
${equal.length === 0 ? "" : `    equal: [${equal.join(", ")}]\n`}`;
}

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

/** An alert as Alertmanager's webhook carries it (prometheus/alertmanager template/template.go, Alert). */
export interface DeliveredAlert {
  readonly status: "firing" | "resolved";
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** `performance.now()` of the delivery. */
  readonly arrivedMs: number;
}

/** Where alerts are delivered to in a test. */
export interface AlertWebhook extends AsyncDisposable {
  readonly url: string;
  readonly delivered: readonly DeliveredAlert[];
  /** The first delivery of this alert in this state; undefined where none comes in time. */
  arrival(alert: string, status: DeliveredAlert["status"], timeoutMs: number): Promise<DeliveredAlert | undefined>;
}

export async function openAlertWebhook(): Promise<AlertWebhook> {
  const delivered: DeliveredAlert[] = [];
  const server = createServer(async (request, response) => {
    const arrivedMs = performance.now();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { alerts } = JSON.parse(Buffer.concat(chunks).toString()) as { readonly alerts: readonly Omit<DeliveredAlert, "arrivedMs">[] };
    delivered.push(...alerts.map(({ status, labels, annotations }) => ({ status, labels, annotations, arrivedMs })));
    response.end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts`,
    delivered,
    async arrival(alert, status, timeoutMs) {
      const deadline = AbortSignal.timeout(timeoutMs);
      for (;;) {
        const found = delivered.find((one) => one.labels["alertname"] === alert && one.status === status);
        if (found !== undefined || deadline.aborted) return found;
        await wait(20);
      }
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

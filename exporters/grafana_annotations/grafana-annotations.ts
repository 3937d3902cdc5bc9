import { REAL_PACE } from "../../collector/pipeline/backoff.ts";
import { clientTlsOptions } from "../../collector/pipeline/client-tls.ts";
import { ACCEPTED, clientTls, duration, exporter, secret, z } from "../../collector/pipeline/define.ts";
import { requestSigner } from "../../collector/pipeline/request-signer.ts";
import { AnnotationsApi, type GrafanaFault } from "./annotations-api.ts";
import { readRunEvents } from "./read-run-events.ts";
import { RegionKeeper } from "./region-keeper.ts";

const config = z.strictObject({
  /** Grafana's root URL. */
  endpoint: z.string().refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
    error: (issue) => `"${issue.input}" is not a URL like http://127.0.0.1:3000`,
  }),
  /** Of a service account that may write annotations (role Editor). Never printed. Not needed where Grafana lets anonymous editors in. */
  token: secret().optional(),
  /** Values are never printed. */
  headers: z.record(z.string(), secret()).default({}),
  auth: z.strictObject({ authenticator: z.string() }).optional(),
  tls: clientTls().optional(),
  /** For one request. */
  timeout: duration().default(5000),
  /** Carried by every annotation; the dashboards ask for `loadtest`. */
  tags: z.array(z.string().min(1)).default(["loadtest"]),
});

/** Puts a load run, its phases and its marks onto Grafana's panels. */
export const grafanaAnnotations = exporter({
  type: "grafana_annotations",
  about: "Marks load runs, their phases and their marks in Grafana, as regions and points.",
  signals: ["metrics", "logs"],
  config,

  async open(settings, context) {
    const sign = requestSigner(settings.auth, context);
    const fixed = Object.fromEntries(Object.entries(settings.headers).map(([name, value]) => [name, value.reveal()]));
    const bearer = settings.token === undefined ? {} : { authorization: `Bearer ${settings.token.reveal()}` };
    const counter = (name: string, help: string) => context.meter.counter(name, help, { exporter: context.id });
    const written = counter("pitwall_grafana_annotations_written", "Annotations that Grafana has taken, or changed.");
    const failed = counter("pitwall_grafana_annotations_failed", "Attempts to write an annotation that failed.");
    const keeper = new RegionKeeper({
      api: new AnnotationsApi({
        url: new URL(settings.endpoint),
        headers: () => ({ ...fixed, ...bearer, ...sign() }),
        timeoutMs: settings.timeout,
        tls: settings.tls === undefined ? undefined : clientTlsOptions(settings.tls, context.id),
      }),
      pace: REAL_PACE,
      tags: settings.tags,
      onWritten: () => written.add(1),
      onFault(fault, isFirst) {
        failed.add(1);
        if (isFirst) context.log.warn({ status: fault.status, hint: hintFor(fault) }, `Grafana has no annotation of the run yet: ${fault.message}`);
      },
    });
    const unmeter = context.meter.gauge(
      "pitwall_grafana_annotations_pending",
      "Annotations that Grafana does not have yet as they should be.",
      { exporter: context.id },
      () => keeper.pending,
    );
    return {
      push(batch) {
        keeper.hear(readRunEvents(batch));
        return ACCEPTED;
      },
      async [Symbol.asyncDispose]() {
        await keeper.close(Date.now());
        unmeter();
        if (keeper.overflowed > 0)
          context.log.warn(
            { annotations: keeper.overflowed },
            "annotations were left out: Grafana was away for too long, or there were too many runs",
          );
        if (keeper.pending > 0) context.log.warn({ annotations: keeper.pending }, "annotations were not written to Grafana");
      },
    };
  },
});

function hintFor({ status }: GrafanaFault): string {
  if (status === 401) return "the token is wrong or has expired: make one for a service account with the role Editor";
  if (status === 403) return "the token may not write annotations: its service account needs the role Editor";
  if (status === 404) return "is the endpoint Grafana's root, with its sub-path if it has one?";
  if (status >= 300 && status < 400) return "redirects are not followed: give the address that Grafana itself has";
  return "it is tried again until it holds";
}

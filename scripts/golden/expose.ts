import { scrapeAccepted } from "../../test/openmetrics/scrape-accepted.ts";
import { metricOfType, requestJson } from "./otlp-json.ts";
import { NOW_MS, Pipe } from "./pipe.ts";
import { isFields } from "./read-cases.ts";
import type { Op } from "./run-case.ts";
import { translationFor } from "./settings.ts";

/** `{metrics: [{name, type, help, unit, scope}], settings, format}`: what of them a scrape shows. */
export const exposeOp: Op = {
  run: ({ metrics, settings, format }) => {
    const all = (Array.isArray(metrics) ? metrics : []).filter(isFields);
    // The specification's cases: its scope labels are on unless the case says otherwise.
    const pipe = new Pipe(translationFor(settings, { promoteScope: true }), NOW_MS);
    pipe.send(
      requestJson(
        {},
        all.map((metric) => ({ scope: { name: metric["scope"] ?? "" }, metric: metricOfType(metric) })),
      ),
    );
    const lines = pipe.shown(format === "om" || format === "openmetrics" ? "openmetrics" : "text");
    const count = (start: string) => lines.filter((line) => line.startsWith(start)).length;
    return {
      typeLines: count("# TYPE "),
      helpLines: count("# HELP "),
      unitLines: count("# UNIT "),
      // Each of them has one point.
      droppedMetrics: [...pipe.losses.values()].reduce((sum, items) => sum + items, 0),
      warn: pipe.warnings.length > 0,
      lines,
    };
  },
};

/** `{contentType: "text" | "om" | "none", body}`: which Prometheus takes it. */
export const scrapeAcceptedOp: Op = {
  run: ({ contentType, body }) => scrapeAccepted(String(contentType), String(body)),
};

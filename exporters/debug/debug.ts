import type { Batch } from "../../collector/model/batch.ts";
import { ITEM_WORDS, SIGNALS } from "../../collector/model/batch.ts";
import { exporter, Rejected, z } from "../../collector/pipeline/define.ts";
import { sendingQueue } from "../../collector/pipeline/settings.ts";
import { batchOf } from "../../collector/wire/otlp-batch.ts";
import { formatOtlpJson } from "../../collector/wire/otlp-json.ts";
import { colored } from "./color.ts";
import { detailedLogs } from "./detailed-logs.ts";
import { detailedMetrics } from "./detailed-metrics.ts";
import { detailedTraces } from "./detailed-traces.ts";
import { Filter, type FilterRule, parseFilterRule } from "./filter.ts";
import { messageCounts } from "./message-counts.ts";
import { normalLogs } from "./normal-logs.ts";
import { normalMetrics } from "./normal-metrics.ts";
import { normalTraces } from "./normal-traces.ts";
import { Backlog, openOutput } from "./output.ts";
import { hiddenLine, Sampler } from "./sampler.ts";
import { summaryLine } from "./summary-line.ts";

const filterRule = z.string().transform((text, check): FilterRule => {
  const rule = parseFilterRule(text);
  if (rule !== undefined) return rule;
  check.addIssue({ code: "custom", message: `"${text}" is not a filter; write metric=cache_*, span=GET *, log=*error* or attr:http.route=/api/*` });
  return z.NEVER;
});

type Verbosity = "basic" | "normal" | "detailed";

/** otelcol takes them in any case. */
const verbosity = z
  .enum(["basic", "normal", "detailed", "Basic", "Normal", "Detailed"], {
    error: (issue) => `verbosity ${JSON.stringify(issue.input)} is not supported: basic, normal and detailed are`,
  })
  .transform((word) => word.toLowerCase() as Verbosity);

const config = z.strictObject({
  /** basic: one line of counts for each batch; normal: and a line for each item; detailed: and every field. */
  verbosity: verbosity.default("basic"),
  /** Shown at once per second and signal, before sampling begins. */
  sampling_initial: z.int().min(0).default(2),
  /** 1 shows every batch; above, every n-th after the initial ones, and a line says how many were left out; 0 none after them. */
  sampling_thereafter: z.int().min(0).default(1),
  /** Accepted: the text goes to `output_paths` either way, in the form that otelcol has for `false`. */
  use_internal_logger: z.boolean().default(true),
  /** stdout, stderr or files. */
  output_paths: z.array(z.string().min(1)).min(1).default(["stdout"]),
  /** Accepted and without effect: the text is written straight, and the sender waits for the reader. */
  sending_queue: sendingQueue().optional(),
  /** json: one OTLP/JSON request for each batch on a line, whatever the verbosity. */
  format: z.enum(["text", "json"]).default("text"),
  /** Only matching items are shown; the others count as exported all the same. */
  filter: z.array(filterRule).default([]),
  color: z.enum(["auto", "always", "never"]).default("auto"),
});

/** Prints what arrives, in the layout of otelcol's debug exporter. Nothing is left out in silence. */
export const debug = exporter({
  type: "debug",
  about: "Prints telemetry to stdout for people: counts, one line for each item, or every field.",
  signals: SIGNALS,
  config,

  async open(settings, { id, log, stdout }) {
    const output = await openOutput(settings.output_paths, stdout);
    const backlog = new Backlog(output);
    const print = (batch: Batch, render: () => string): Promise<void> => backlog.write(render, (error) => writeFault(error, batch.count));
    const sampler = new Sampler(settings.sampling_initial, settings.sampling_thereafter);
    const filter = settings.filter.length === 0 ? undefined : new Filter(settings.filter);
    const hidden = { traces: 0, metrics: 0, logs: 0 };
    const isColored = settings.format === "text" && wantsColor(settings.color, settings.output_paths);
    const finish = (text: string): string => (isColored ? colored(text) : text);
    let closed = false;

    return {
      push(batch) {
        const shown = filter === undefined ? batch : batchOf(batch.signal, filter.shown(batch));
        hidden[batch.signal] += batch.count - shown.count;
        if (filter !== undefined && shown.count === 0) return Promise.resolve();
        if (!sampler.shows(batch.signal, Date.now())) return Promise.resolve();
        if (settings.format === "json") return print(batch, () => `${formatOtlpJson(shown)}\n`);
        return print(batch, () => finish(hiddenLine(sampler.takeHidden()) + batchText(shown, settings.verbosity)));
      },
      async [Symbol.asyncDispose]() {
        if (closed) return;
        closed = true;
        const left = sampler.takeHidden();
        if (left > 0 && settings.format === "text") await output.write(finish(hiddenLine(left))).catch(() => {});
        else if (left > 0) log.info({ batches: left }, `${left} batches not shown (sampling)`);
        for (const signal of SIGNALS) {
          const items = hidden[signal];
          if (items > 0) log.info({ signal, items }, `${id}: ${items} ${ITEM_WORDS[signal]} not shown (filter)`);
        }
        await output[Symbol.asyncDispose]();
      },
    };
  },
});

/** The reader has gone away (a closed pipe) or the disk is full. */
function writeFault(error: unknown, items: number): never {
  throw new Rejected(`the text cannot be written: ${error instanceof Error ? error.message : String(error)}`, {
    items,
    reason: "write_failed",
    cause: error,
  });
}

/** The summary line and, above basic, the block with an empty line behind it. */
function batchText(batch: Batch, verbosity: Verbosity): string {
  const summary = summaryLine(batch.signal, messageCounts(batch), batch.count);
  return verbosity === "basic" ? summary : `${summary}${blockText(batch, verbosity)}\n`;
}

function blockText(batch: Batch, verbosity: "normal" | "detailed"): string {
  const isDetailed = verbosity === "detailed";
  switch (batch.signal) {
    case "traces":
      return isDetailed ? detailedTraces(batch.items) : normalTraces(batch.items);
    case "metrics":
      return isDetailed ? detailedMetrics(batch.items) : normalMetrics(batch.items);
    case "logs":
      return isDetailed ? detailedLogs(batch.items) : normalLogs(batch.items);
  }
}

/** `auto`: when stdout is a terminal, nothing else is written to, and NO_COLOR is unset. */
function wantsColor(color: "auto" | "always" | "never", paths: readonly string[]): boolean {
  if (color !== "auto") return color === "always";
  const { NO_COLOR } = process.env;
  return process.stdout.isTTY === true && (NO_COLOR ?? "") === "" && paths.every((path) => path === "stdout");
}

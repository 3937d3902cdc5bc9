import { z } from "zod";
import { SIGNALS, type Signal } from "../collector/model/batch.ts";
import type { PipelineConfig, TelemetryConfig } from "../collector/pipeline/collector-config.ts";
import { type CheckedComponents, normalizedId } from "./check-components.ts";
import { checkPipelines, type PipelineText } from "./check-pipelines.ts";
import { checkValue } from "./check-value.ts";
import type { Problem } from "./problem.ts";
import { didYouMean, nearest } from "./suggest.ts";
import { telemetryOf, telemetrySchema, telemetryWarnings } from "./telemetry.ts";
import { type Entry, keyPlaceAt, type ScalarTree, type Tree, treeAt } from "./tree.ts";

const ids = () => z.array(z.string()).default([]);
const pipelineSchema = z.strictObject({ receivers: ids(), processors: ids(), exporters: ids() });

/** The shape of `service`; who refers to what is judged from the tree, where the places are. */
export const serviceSchema = z.strictObject({
  extensions: ids(),
  pipelines: z.record(z.string(), pipelineSchema).default({}),
  telemetry: telemetrySchema.prefault({}),
});

export interface CheckedService {
  readonly extensions: readonly string[];
  readonly pipelines: readonly PipelineConfig[];
  readonly telemetry: TelemetryConfig;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** `service`: which components run, in which pipelines (K-03 … K-06), and the collector's own telemetry. */
export function checkService(root: Tree, components: CheckedComponents): CheckedService {
  const problems: Problem[] = [];
  const warnings: Problem[] = [...telemetryWarnings(root)];
  const tree = treeAt(root, ["service"]);
  const shape = checkValue(serviceSchema, tree ?? { kind: "scalar", place: root.place, value: null }, ["service"]);
  if (tree === undefined)
    problems.push({ code: "E_CONFIG_INVALID", place: root.place, path: "", message: '"service" is required: it says which pipelines run' });
  else if (!shape.ok) problems.push(...shape.problems);
  const telemetry = telemetryOf(shape.ok ? (shape.value as z.output<typeof serviceSchema>).telemetry : telemetrySchema.parse({}));

  const extensions = idsAt(root, ["service", "extensions"]).map(({ id, place }) => {
    if (!components.declared.extensions.has(id)) {
      const suggestion = didYouMean(id, [...components.declared.extensions], "configured");
      const message = `references extension "${id}" which is not configured`;
      problems.push({ code: "E_CONFIG_INVALID", place, path: "service::extensions", message, ...(suggestion === undefined ? {} : { suggestion }) });
    }
    return id;
  });

  const texts: PipelineText[] = [];
  for (const [key, entry] of entriesAt(root, ["service", "pipelines"])) {
    const signal = signalOf(key, entry, problems);
    if (signal !== undefined) texts.push(pipelineText(root, key, signal, entry));
  }
  if (tree !== undefined && entriesAt(root, ["service", "pipelines"]).length === 0) {
    const place = keyPlaceAt(root, ["service", "pipelines"]);
    problems.push({ code: "E_CONFIG_INVALID", place, path: "service::pipelines", message: "at least one pipeline is required" });
  }
  const checked = checkPipelines(texts, components);
  problems.push(...checked.problems);
  warnings.push(...checked.warnings, ...unused(root, components, texts, extensions));
  return { extensions, pipelines: checked.pipelines, telemetry, problems, warnings };
}

function signalOf(key: string, entry: Entry, problems: Problem[]): Signal | undefined {
  const id = normalizedId(key);
  const word = id.split("/", 1)[0] ?? "";
  const signal = SIGNALS.find((candidate) => candidate === word);
  if (signal === undefined || id.endsWith("/")) {
    const near = nearest(word, SIGNALS);
    const suggestion =
      near === undefined
        ? `a pipeline's id is traces, metrics or logs, or one of them with a name: ${word === "profiles" ? "traces" : "metrics"}/2`
        : `did you mean "${near}"?`;
    const message = word === "profiles" ? "profiles are not known here" : `"${key}" is not a pipeline id`;
    problems.push({ code: "E_CONFIG_INVALID", place: entry.keyPlace, path: "service::pipelines", message, suggestion });
    return undefined;
  }
  return signal;
}

function pipelineText(root: Tree, key: string, signal: Signal, entry: Entry): PipelineText {
  const at = (list: string) => idsAt(root, ["service", "pipelines", key, list]);
  const keys = entry.value.kind === "map" ? [...entry.value.entries.keys()] : [];
  return {
    id: normalizedId(key),
    signal,
    place: entry.keyPlace,
    keys,
    receivers: at("receivers"),
    processors: at("processors"),
    exporters: at("exporters"),
  };
}

function idsAt(root: Tree, path: readonly string[]): PipelineText["receivers"] {
  const list = treeAt(root, path);
  if (list?.kind !== "list") return [];
  return list.items
    .filter((item): item is ScalarTree & { value: string } => item.kind === "scalar" && typeof item.value === "string")
    .map((item) => ({ id: normalizedId(item.value), place: item.place }));
}

function entriesAt(root: Tree, path: readonly string[]): readonly (readonly [string, Entry])[] {
  const map = treeAt(root, path);
  return map?.kind === "map" ? [...map.entries] : [];
}

/** K-05: allowed and not started, but seldom meant. */
function unused(root: Tree, components: CheckedComponents, pipelines: readonly PipelineText[], extensions: readonly string[]): readonly Problem[] {
  const used = {
    receivers: new Set(pipelines.flatMap((pipeline) => pipeline.receivers.map(({ id }) => id))),
    processors: new Set(pipelines.flatMap((pipeline) => pipeline.processors.map(({ id }) => id))),
    exporters: new Set(pipelines.flatMap((pipeline) => pipeline.exporters.map(({ id }) => id))),
    extensions: new Set(extensions),
  };
  return (["receivers", "processors", "exporters", "extensions"] as const).flatMap((section) =>
    entriesAt(root, [section])
      .filter(([key]) => components.configured[section].has(normalizedId(key)) && !used[section].has(normalizedId(key)))
      .map(([key, entry]) => {
        const message = `"${normalizedId(key)}" is configured but not used, so it is not started`;
        return { code: "E_CONFIG_INVALID", place: entry.keyPlace, path: section, message } as const;
      }),
  );
}

import type { Signal } from "../collector/model/batch.ts";
import type { PipelineConfig } from "../collector/pipeline/collector-config.ts";
import type { CheckedComponents } from "./check-components.ts";
import type { Place, Problem } from "./problem.ts";
import { didYouMean, nearest } from "./suggest.ts";

export interface Reference {
  readonly id: string;
  readonly place: Place;
}

/** A pipeline as the text has it. */
export interface PipelineText {
  readonly id: string;
  readonly signal: Signal;
  readonly place: Place;
  /** As written, misspelt ones among them. */
  readonly keys: readonly string[];
  readonly receivers: readonly Reference[];
  readonly processors: readonly Reference[];
  readonly exporters: readonly Reference[];
}

const ROLES = ["receivers", "processors", "exporters"] as const;
type Role = (typeof ROLES)[number];

/** K-03 complete, K-04 everything named exists and takes the signal, K-06 connectors stand on both sides and in no circle. */
export function checkPipelines(
  texts: readonly PipelineText[],
  components: CheckedComponents,
): { readonly pipelines: readonly PipelineConfig[]; readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] } {
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  for (const text of texts) {
    const path = `service::pipelines::${text.id}`;
    for (const role of ["receivers", "exporters"] as const) {
      const isMisspelt = text.keys.some((key) => key !== role && nearest(key, ROLES) === role);
      if (text[role].length === 0 && !isMisspelt) {
        problems.push({
          code: "E_CONFIG_INVALID",
          place: text.place,
          path,
          message: `must have at least one ${role.slice(0, -1)}`,
          suggestion: `add ${role}: [ … ]`,
        });
      }
    }
    for (const role of ROLES) checkReferences(text, role, components, problems, warnings);
  }
  problems.push(...ambiguous(components), ...halfUsedConnectors(texts, components), ...cycles(texts, components));
  const pipelines = texts.map(({ id, signal, receivers, processors, exporters }) => ({
    id,
    signal,
    receivers: distinct(receivers),
    processors: distinct(processors),
    exporters: distinct(exporters),
  }));
  return { pipelines, problems, warnings };
}

function distinct(references: readonly Reference[]): readonly string[] {
  return [...new Set(references.map(({ id }) => id))];
}

function checkReferences(text: PipelineText, role: Role, components: CheckedComponents, problems: Problem[], warnings: Problem[]): void {
  const path = `service::pipelines::${text.id}::${role}`;
  const { declared } = components;
  const seen = new Set<string>();
  for (const { id, place } of text[role]) {
    const shared = { code: "E_CONFIG_INVALID", place, path } as const;
    const word = role.slice(0, -1);
    if (seen.has(id)) {
      const twice = { ...shared, message: `references ${word} "${id}" twice` };
      if (role === "processors") problems.push(twice);
      else warnings.push({ ...twice, message: `${twice.message}; it counts once` });
      continue;
    }
    seen.add(id);
    const isConnector = role !== "processors" && declared.connectors.has(id);
    if (!declared[role].has(id) && !isConnector) {
      const candidates = [...declared[role], ...(role === "processors" ? [] : declared.connectors)];
      const elsewhere = (["receivers", "processors", "exporters", "connectors", "extensions"] as const).find((section) => declared[section].has(id));
      const suggestion = elsewhere === undefined ? didYouMean(id, candidates, "configured") : `"${id}" is configured under ${elsewhere}`;
      problems.push({
        ...shared,
        message: `references ${word} "${id}" which is not configured`,
        ...(suggestion === undefined ? {} : { suggestion }),
      });
      continue;
    }
    const signals = signalsOf(id, role, components);
    if (signals !== undefined && !signals.includes(text.signal)) {
      const message =
        isConnector && role === "receivers"
          ? `connector "${id}" does not produce ${text.signal}`
          : `${isConnector ? "connector" : word} "${id}" does not take ${text.signal}`;
      problems.push({ ...shared, message, suggestion: `it ${isConnector && role === "receivers" ? "produces" : "takes"} ${signals.join(", ")}` });
    }
  }
}

/** Undefined where the component has mistakes of its own. */
function signalsOf(id: string, role: Role, { configured, declared }: CheckedComponents): readonly Signal[] | undefined {
  const isConnector = role !== "processors" && declared.connectors.has(id) && !declared[role].has(id);
  if (isConnector) {
    const definition = configured.connectors.get(id)?.definition;
    return role === "receivers" ? definition?.produces : definition?.signals;
  }
  return configured[role].get(id)?.definition.signals;
}

function ambiguous({ declared, connectorPlaces }: CheckedComponents): readonly Problem[] {
  return [...declared.connectors].flatMap((id) =>
    (["receivers", "exporters"] as const)
      .filter((section) => declared[section].has(id))
      .map((section) => {
        const message = `ambiguous: "${id}" is a connector and one of the ${section}`;
        const place = connectorPlaces.get(id) as Place;
        return { code: "E_CONFIG_INVALID", place, path: "connectors", message, suggestion: `give one of them a name: ${id}/2` } as const;
      }),
  );
}

function halfUsedConnectors(texts: readonly PipelineText[], { declared, connectorPlaces }: CheckedComponents): readonly Problem[] {
  const problems: Problem[] = [];
  for (const id of declared.connectors) {
    const asExporter = texts.some((text) => text.exporters.some((reference) => reference.id === id));
    const asReceiver = texts.some((text) => text.receivers.some((reference) => reference.id === id));
    if (asExporter === asReceiver) continue;
    const message = asExporter
      ? `connector "${id}" is used as exporter, but in no pipeline as receiver: what it makes would go nowhere`
      : `connector "${id}" is used as receiver, but in no pipeline as exporter: nothing would reach it`;
    problems.push({ code: "E_CONFIG_INVALID", place: connectorPlaces.get(id) as Place, path: "connectors", message });
  }
  return problems;
}

/** Circles of pipelines joined by connectors, each told once with its way. */
function cycles(texts: readonly PipelineText[], { declared }: CheckedComponents): readonly Problem[] {
  const problems: Problem[] = [];
  const done = new Set<PipelineText>();
  const visit = (text: PipelineText, way: readonly { readonly text: PipelineText; readonly connector: Reference }[]): void => {
    const start = way.findIndex((step) => step.text === text);
    if (start >= 0) {
      const circle = way.slice(start);
      const words = circle.map((step) => `${step.text.id} → ${step.connector.id}`).join(" → ");
      const place = (circle[0] as (typeof circle)[number]).connector.place;
      problems.push({
        code: "E_CONFIG_INVALID",
        place,
        path: `service::pipelines::${text.id}::exporters`,
        message: `circle of pipelines: ${words} → ${text.id}`,
      });
      return;
    }
    if (done.has(text)) return;
    for (const connector of text.exporters.filter(({ id }) => declared.connectors.has(id))) {
      for (const next of texts.filter((candidate) => candidate.receivers.some(({ id }) => id === connector.id)))
        visit(next, [...way, { text, connector }]);
    }
    done.add(text);
  };
  for (const text of texts) visit(text, []);
  return problems;
}

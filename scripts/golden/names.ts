import { Attributes, EMPTY_VALUE } from "../../collector/model/attributes.ts";
import type { Metric } from "../../collector/model/metric.ts";
import { familyHeader } from "../../collector/series/translation.ts";
import { readOtlpJson } from "../../collector/wire/otlp-json.ts";
import { escapeName, isValidMetricName, NAME_ESCAPINGS } from "../../collector/wire/prometheus-escape.ts";
import { labelName, labelValue } from "../../collector/wire/prometheus-label.ts";
import { ucumUnit, unitName } from "../../collector/wire/prometheus-unit.ts";
import { METRIC_TYPES, requestJson } from "./otlp-json.ts";
import type { Fields } from "./read-cases.ts";
import { labelRulesFor, translationFor } from "./settings.ts";

const text = (input: Fields, key: string): string => String(input[key] ?? "");

/** `{name, unit, type, namespace, strategy}`. */
export function nameOf(input: Fields): Fields {
  const type = METRIC_TYPES[text(input, "type")];
  if (type === undefined) throw new TypeError(`unknown metric type ${JSON.stringify(input["type"])}`);
  const header = familyHeader(
    {
      name: text(input, "name"),
      unit: text(input, "unit"),
      description: "",
      metadata: Attributes.EMPTY,
      kind: type.kind,
      temporality: 2,
      isMonotonic: type.isMonotonic,
    },
    translationFor(input),
  );
  return header === undefined ? { error: true } : { name: header.name, unitName: header.unit };
}

/** `{name, scheme}`. */
export function escaped(input: Fields): Fields {
  const scheme = NAME_ESCAPINGS.find((one) => one === input["scheme"]);
  if (scheme === undefined) throw new TypeError(`unknown escaping scheme ${JSON.stringify(input["scheme"])}`);
  return { name: escapeName(text(input, "name"), scheme) };
}

export function validity(input: Fields): Fields {
  const name = text(input, "name");
  return { legacy: isValidMetricName(name, "legacy"), utf8: isValidMetricName(name, "utf8") };
}

/** `{label, utf8Allowed, preserveMultipleUnderscores, underscoreLabelSanitization}`. */
export function labelOf(input: Fields): Fields {
  const label = labelName(text(input, "label"), labelRulesFor(input, input["compat"] === "prometheus-server"));
  return label === undefined ? { error: true } : { label };
}

/** `{anyValue}`: read from OTLP/JSON as an attribute. */
export function labelValueOf(input: Fields): Fields {
  const attributes = [{ key: "value", value: input["anyValue"] }];
  const metric = { name: "m", gauge: { dataPoints: [{ attributes, asInt: "1" }] } };
  const [read] = readOtlpJson("metrics", requestJson({}, [{ scope: null, metric }])).batch.items as readonly Metric[];
  const point = read?.data.type === "gauge" ? read.data.points[0] : undefined;
  return { value: labelValue(point?.attributes.get("value") ?? EMPTY_VALUE) };
}

/** `{unit, utf8Allowed, mode}`. */
export function unitOf(input: Fields): Fields {
  return { unitName: unitName(text(input, "unit"), input["utf8Allowed"] === true, input["mode"] === "spec" ? "specification" : "prometheus") };
}

export function ucumOf(input: Fields): Fields {
  return { unit: ucumUnit(text(input, "unitName")) };
}

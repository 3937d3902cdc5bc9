import type { Attributes } from "../../model/attributes.ts";
import type { ItemsOf, Signal } from "../../model/batch.ts";
import { z } from "../../pipeline/define.ts";
import { goRegExp } from "../../pipeline/regexp.ts";
import { formatValue } from "../convert-value.ts";

/** An item with its signal. */
export type Item = { readonly [S in Signal]: { readonly signal: S; readonly item: ItemsOf[S] } }[Signal];

const SPAN_KINDS = [
  "SPAN_KIND_UNSPECIFIED",
  "SPAN_KIND_INTERNAL",
  "SPAN_KIND_SERVER",
  "SPAN_KIND_CLIENT",
  "SPAN_KIND_PRODUCER",
  "SPAN_KIND_CONSUMER",
];

const texts = z.array(z.string()).min(1, "an empty list matches nothing").optional();
const pairs = z
  .array(z.strictObject({ key: z.string().min(1), value: z.union([z.string(), z.number(), z.boolean()]).optional() }))
  .min(1, "an empty list matches nothing")
  .optional();

const LISTS = [
  "services",
  "span_names",
  "span_kinds",
  "log_bodies",
  "log_severity_texts",
  "metric_names",
  "attributes",
  "resources",
  "libraries",
] as const;

/**
 * `include` or `exclude`: every list given must match; of `attributes` and `resources` every entry (one without a value asks for the key alone), of the others any.
 * A list that does not concern the item's signal (span_names for a log record) does not match it.
 * Not supported, and refused: log_severity_number, the regexp cache settings.
 * Source: open-telemetry/opentelemetry-collector-contrib internal/filter/filterconfig.
 */
export const matchConfig = z
  .strictObject({
    match_type: z.enum(["strict", "regexp"]),
    services: texts,
    span_names: texts,
    span_kinds: texts,
    log_bodies: texts,
    log_severity_texts: texts,
    metric_names: texts,
    attributes: pairs,
    resources: pairs,
    libraries: z
      .array(z.strictObject({ name: z.string(), version: z.string().optional() }))
      .min(1)
      .optional(),
  })
  .superRefine((match, check) => {
    if (LISTS.every((list) => match[list] === undefined)) check.addIssue({ code: "custom", message: `give at least one of ${LISTS.join(", ")}` });
    if (match.match_type === "strict") {
      for (const [index, kind] of (match.span_kinds ?? []).entries()) {
        if (!SPAN_KINDS.includes(kind))
          check.addIssue({ code: "custom", path: ["span_kinds", index], message: `must be one of ${SPAN_KINDS.join(", ")}` });
      }
      return;
    }
    for (const list of LISTS) {
      for (const [index, entry] of (match[list] ?? []).entries()) {
        for (const { path, pattern } of patternsOf(entry)) {
          try {
            goRegExp(pattern);
          } catch (error) {
            check.addIssue({
              code: "custom",
              path: [list, index, ...path],
              message: `not a regular expression: ${error instanceof Error ? error.message : error}`,
            });
          }
        }
      }
    }
  });
export type MatchConfig = z.output<typeof matchConfig>;

type Entry = NonNullable<MatchConfig[(typeof LISTS)[number]]>[number];

function patternsOf(entry: Entry): readonly { readonly path: readonly string[]; readonly pattern: string }[] {
  if (typeof entry === "string") return [{ path: [], pattern: entry }];
  if ("key" in entry) return typeof entry.value === "string" ? [{ path: ["value"], pattern: entry.value }] : [];
  return [{ path: ["name"], pattern: entry.name }, ...(entry.version === undefined ? [] : [{ path: ["version"], pattern: entry.version }])];
}

/** `own`: the attributes of the span, log record or data point. */
export function compileMatch(match: MatchConfig): (item: Item, own: Attributes) => boolean {
  const isText = (wanted: string): ((text: string) => boolean) => {
    if (match.match_type === "strict") return (text) => text === wanted;
    const pattern = goRegExp(wanted);
    return (text) => pattern.test(text);
  };
  const tests: ((item: Item, own: Attributes) => boolean)[] = [];
  const anyText = (wanted: readonly string[] | undefined, read: (item: Item) => string | undefined): void => {
    if (wanted === undefined) return;
    const isAny = wanted.map(isText);
    tests.push((item) => {
      const text = read(item);
      return text !== undefined && isAny.some((is) => is(text));
    });
  };
  const allPairs = (wanted: MatchConfig["attributes"], read: (item: Item, own: Attributes) => Attributes): void => {
    if (wanted === undefined) return;
    const areAll = wanted.map(({ key, value }) => {
      const is = value === undefined ? () => true : isText(String(value));
      return (attributes: Attributes): boolean => {
        const found = attributes.get(key);
        return found !== undefined && is(formatValue(found));
      };
    });
    tests.push((item, own) => areAll.every((is) => is(read(item, own))));
  };

  anyText(match.services, ({ item }) => item.resource.attributes.getString("service.name"));
  anyText(match.span_names, (one) => (one.signal === "traces" ? one.item.name : undefined));
  anyText(match.span_kinds, (one) => (one.signal === "traces" ? SPAN_KINDS[one.item.kind] : undefined));
  anyText(match.log_bodies, (one) => (one.signal === "logs" && one.item.body.kind === "string" ? one.item.body.value : undefined));
  anyText(match.log_severity_texts, (one) => (one.signal === "logs" ? one.item.severityText : undefined));
  anyText(match.metric_names, (one) => (one.signal === "metrics" ? one.item.name : undefined));
  allPairs(match.attributes, (_item, own) => own);
  allPairs(match.resources, ({ item }) => item.resource.attributes);
  if (match.libraries !== undefined) {
    const isAny = match.libraries.map(({ name, version }) => {
      const isName = isText(name);
      const isVersion = version === undefined ? () => true : isText(version);
      return ({ item }: Item): boolean => isName(item.scope.name) && isVersion(item.scope.version);
    });
    tests.push((item) => isAny.some((is) => is(item)));
  }
  return (item, own) => tests.every((test) => test(item, own));
}

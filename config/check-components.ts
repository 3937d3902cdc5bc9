import type { Configured } from "../collector/pipeline/collector-config.ts";
import { type Catalogue, type DefinitionOf, SECTIONS, type Section, singular, TOP_KEYS } from "./catalogue.ts";
import { checkValue } from "./check-value.ts";
import { isOtelcolComponent } from "./otelcol-components.ts";
import type { Place, Problem } from "./problem.ts";
import { nearest } from "./suggest.ts";
import { type MapTree, type Tree, treeAt } from "./tree.ts";

export interface CheckedComponents {
  readonly configured: { readonly [S in Section]: Map<string, Configured<DefinitionOf[S]>> };
  /** All ids that the text declares, also of components with mistakes: so that one mistake is not told twice. */
  readonly declared: { readonly [S in Section]: Set<string> };
  readonly connectorPlaces: ReadonlyMap<string, Place>;
  readonly problems: readonly Problem[];
}

const TYPE = /^[a-zA-Z][0-9a-zA-Z_]{0,62}$/;
const NAME = /^[^\s\p{C}\p{S}]{1,1024}$/u;

/** `type[/name]` with the blanks round the slash taken away (K-02). */
export function normalizedId(id: string): string {
  return id
    .split("/")
    .map((part) => part.trim())
    .join("/");
}

/** Checks every configured component, used or not, against its definition. */
export function checkComponents(root: Tree, catalogue: Catalogue): CheckedComponents {
  const problems: Problem[] = [];
  const configured: CheckedComponents["configured"] = {
    receivers: new Map(),
    processors: new Map(),
    exporters: new Map(),
    connectors: new Map(),
    extensions: new Map(),
  };
  const declared: CheckedComponents["declared"] = {
    receivers: new Set(),
    processors: new Set(),
    exporters: new Set(),
    connectors: new Set(),
    extensions: new Set(),
  };
  for (const section of SECTIONS) {
    const key = sectionKey(root, section);
    const tree = treeAt(root, [key]);
    if (tree === undefined || (tree.kind === "scalar" && tree.value === null)) continue;
    if (tree.kind !== "map") {
      problems.push({ code: "E_CONFIG_INVALID", place: tree.place, path: key, message: `expected a map of ${section}` });
      continue;
    }
    checkSection(section, tree, catalogue, configured, declared[section], problems);
  }
  const connectors = treeAt(root, ["connectors"]);
  const connectorPlaces = new Map(
    connectors?.kind === "map" ? [...connectors.entries].map(([key, entry]) => [normalizedId(key), entry.keyPlace]) : [],
  );
  return { configured, declared, connectorPlaces, problems };
}

/** The section's key, or a misspelt one in its place: what stands below it is worth checking all the same. */
function sectionKey(root: Tree, section: Section): string {
  if (root.kind !== "map" || root.entries.has(section)) return section;
  const others = [...root.entries.keys()].filter((key) => !TOP_KEYS.includes(key));
  return others.find((key) => nearest(key, TOP_KEYS) === section) ?? section;
}

function checkSection(
  section: Section,
  tree: MapTree,
  catalogue: Catalogue,
  configured: CheckedComponents["configured"],
  declared: Set<string>,
  problems: Problem[],
): void {
  for (const [key, entry] of tree.entries) {
    const id = normalizedId(key);
    const shared = { code: "E_CONFIG_INVALID", place: entry.keyPlace, path: section } as const;
    if (declared.has(id)) {
      problems.push({ ...shared, message: `"${id}" is configured twice` });
      continue;
    }
    declared.add(id);
    const type = id.split("/", 1)[0] ?? "";
    const name = id.slice(type.length + 1);
    if (!TYPE.test(type) || (id.includes("/") && !NAME.test(name))) {
      const suggestion = "an id is type or type/name: a type of letters, digits and _ (a letter first), a name without blanks and symbols";
      problems.push({ ...shared, message: `"${key}" is not a component id`, suggestion });
      continue;
    }
    const definition = catalogue.find(section, type);
    if (definition === undefined) {
      problems.push({ ...shared, ...refusal(section, type, catalogue) });
      continue;
    }
    const checked = checkValue(definition.config, entry.value, [section, key]);
    if (checked.ok) (configured[section] as Map<string, Configured<unknown>>).set(id, { definition, config: checked.value });
    else for (const problem of checked.problems) problems.push(atKeyIfNowhere(problem, entry.value, entry.keyPlace));
  }
}

/** A component without a body has no text of its own: what is missing in it is told at its key. */
function atKeyIfNowhere(problem: Problem, body: Tree, keyPlace: Problem["place"]): Problem {
  return problem.place === body.place ? { ...problem, place: keyPlace } : problem;
}

function refusal(section: Section, type: string, catalogue: Catalogue): { readonly message: string; readonly suggestion: string } {
  const word = singular(section);
  const types = catalogue.types(section);
  const ours = `Pitwall's ${section} are: ${types.join(", ") || "none yet"}`;
  if (isOtelcolComponent(section, type)) {
    return { message: `otelcol-contrib has the ${word} "${type}", Pitwall does not`, suggestion: ours };
  }
  const elsewhere = SECTIONS.find((other) => other !== section && catalogue.find(other, type) !== undefined);
  const near = nearest(type, types);
  const hint = near !== undefined ? `did you mean "${near}"? ` : elsewhere !== undefined ? `"${type}" is one of the ${elsewhere}; ` : "";
  return { message: `there is no ${word} of type "${type}"`, suggestion: `${hint}${ours}` };
}

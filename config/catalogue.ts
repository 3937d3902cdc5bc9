import type {
  ComponentDefinition,
  ExporterDefinition,
  ExtensionDefinition,
  ReceiverDefinition,
  StageDefinition,
} from "../collector/pipeline/define.ts";

/** The five maps of components in a configuration. */
export const SECTIONS = ["receivers", "processors", "exporters", "connectors", "extensions"] as const;
export type Section = (typeof SECTIONS)[number];

/** All keys at the top of a configuration (K-01; `plugins` is Pitwall's own). */
export const TOP_KEYS: readonly string[] = [...SECTIONS, "service", "plugins"];

export interface DefinitionOf {
  readonly receivers: ReceiverDefinition;
  readonly processors: StageDefinition;
  readonly exporters: ExporterDefinition;
  readonly connectors: StageDefinition;
  readonly extensions: ExtensionDefinition;
}

/** `receivers` → `receiver`. */
export function singular(section: Section): string {
  return section.slice(0, -1);
}

/** Under which key of the YAML a definition is configured: a stage that produces signals of its own is a connector. */
export function sectionOf(definition: ComponentDefinition): Section {
  switch (definition.kind) {
    case "receiver":
      return "receivers";
    case "exporter":
      return "exporters";
    case "extension":
      return "extensions";
    case "stage":
      return definition.produces === undefined ? "processors" : "connectors";
  }
}

/** The components that a configuration may name: ours, and those that its plugins bring. Immutable. */
export class Catalogue {
  readonly definitions: readonly ComponentDefinition[];
  readonly #byWord = new Map<string, ComponentDefinition>();

  constructor(definitions: readonly ComponentDefinition[]) {
    this.definitions = definitions;
    for (const definition of definitions) {
      for (const word of [definition.type, ...(definition.aliases ?? [])]) this.#byWord.set(`${sectionOf(definition)}/${word}`, definition);
    }
  }

  /** By type or alias. */
  find<S extends Section>(section: S, word: string): DefinitionOf[S] | undefined {
    return this.#byWord.get(`${section}/${word}`) as DefinitionOf[S] | undefined;
  }

  inSection(section: Section): readonly ComponentDefinition[] {
    return this.definitions.filter((definition) => sectionOf(definition) === section).sort((a, b) => (a.type < b.type ? -1 : 1));
  }

  types(section: Section): readonly string[] {
    return this.inSection(section).map((definition) => definition.type);
  }

  /** This catalogue and more; the later definition of a type wins, so a plugin may stand in for one of ours. */
  with(more: readonly ComponentDefinition[]): Catalogue {
    return more.length === 0 ? this : new Catalogue([...this.definitions, ...more]);
  }
}

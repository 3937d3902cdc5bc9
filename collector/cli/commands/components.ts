import { type Catalogue, SECTIONS, type Section } from "../../../config/catalogue.ts";
import { registry } from "../../../config/registry.ts";
import type { ComponentDefinition } from "../../pipeline/define.ts";
import type { Terminal } from "../terminal.ts";

/** `pitwall components`: what a configuration may name. */
export async function components(options: { readonly json?: boolean }, terminal: Terminal): Promise<number> {
  await terminal.writeOut(options.json ? `${JSON.stringify(listed(registry), null, 2)}\n` : renderComponents(registry));
  return 0;
}

export function renderComponents(catalogue: Catalogue): string {
  const width = Math.max(...catalogue.definitions.map((definition) => words(definition).length), 0);
  const blocks = SECTIONS.filter((section) => catalogue.inSection(section).length > 0).map((section) => {
    const lines = catalogue.inSection(section).map((definition) => `  ${words(definition).padEnd(width)}  ${definition.about}`);
    return `${section}:\n${lines.join("\n")}\n`;
  });
  return blocks.join("\n");
}

function words({ type, aliases = [] }: ComponentDefinition): string {
  return [type, ...aliases].join(", ");
}

function listed(catalogue: Catalogue): Readonly<Record<Section, unknown>> {
  const entries = SECTIONS.map((section) => {
    const definitions = catalogue.inSection(section).map((definition) => ({
      type: definition.type,
      aliases: definition.aliases ?? [],
      about: definition.about,
      ...("signals" in definition ? { signals: definition.signals } : {}),
      ...("produces" in definition && definition.produces !== undefined ? { produces: definition.produces } : {}),
    }));
    return [section, definitions] as const;
  });
  return Object.fromEntries(entries) as Record<Section, unknown>;
}

import type { ComponentDefinition } from "../../collector/pipeline/define.ts";
import { type Catalogue, SECTIONS, singular } from "../../config/catalogue.ts";
import { jsonSchemaOf } from "../../config/json-schema.ts";

/** `docs/components.md`: every component with its keys, from the constants that declare them. Ends with a newline. */
export function renderComponentsDoc(catalogue: Catalogue): string {
  const parts = SECTIONS.filter((section) => catalogue.inSection(section).length > 0).map((section) => {
    const blocks = catalogue.inSection(section).map((definition) => componentBlock(definition, singular(section)));
    return `## ${section[0]?.toUpperCase()}${section.slice(1)}\n\n${blocks.join("\n")}`;
  });
  return `# Components

Made by \`npm run gen\` from the components themselves. Keys, defaults and meanings are otelcol's unless a component's own text says otherwise.
Durations are written as in Go (\`200ms\`, \`5s\`, \`1m30s\`). A key without a body (\`debug:\`) takes all defaults.

Editors complete and check these keys while you type: give them \`config/schema.json\`, for those with the YAML language server by a first line
\`# yaml-language-server: $schema=./node_modules/pitwall/config/schema.json\`. \`pitwall validate --config FILE\` checks more than a schema can.

${parts.join("\n")}`;
}

interface Node {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Node[];
  readonly additionalProperties?: unknown;
  readonly default?: unknown;
  readonly description?: string;
}

function componentBlock(definition: ComponentDefinition, word: string): string {
  const aliases = definition.aliases ?? [];
  const signals = "signals" in definition ? definition.signals.join(", ") : "";
  const produces = "produces" in definition && definition.produces !== undefined ? ` → ${definition.produces.join(", ")}` : "";
  const facts = [
    aliases.length > 0 ? `Also written ${aliases.map((alias) => `\`${alias}\``).join(", ")}.` : "",
    signals === "" ? "" : `Signals: ${signals}${produces}.`,
  ].filter((fact) => fact !== "");
  const rows = rowsOf(jsonSchemaOf(definition.config) as Node, "");
  const table = rows.length === 0 ? "It has no keys.\n" : `| key | value | default |\n|---|---|---|\n${rows.join("\n")}\n`;
  return `### ${word} \`${definition.type}\`\n\n${definition.about}${facts.length > 0 ? `\n${facts.join(" ")}` : ""}\n\n${table}`;
}

function rowsOf(node: Node, prefix: string): readonly string[] {
  return Object.entries(node.properties ?? {}).flatMap(([key, child]) => {
    const name = `${prefix}${key}`;
    const object = [child, ...(child.anyOf ?? [])].find((candidate) => candidate.properties !== undefined);
    const list = child.items?.properties === undefined ? undefined : child.items;
    const isRequired = node.required?.includes(key) ?? false;
    const row = `| \`${name}\` | ${valueWords(child)} | ${isRequired ? "required" : defaultWords(child)} |`;
    if (object !== undefined) return [row, ...rowsOf(object, `${name}.`)];
    return list === undefined ? [row] : [row, ...rowsOf(list, `${name}[].`)];
  });
}

const MANY = 6;

function valueWords(node: Node): string {
  if (node.enum !== undefined) {
    const words = node.enum.slice(0, MANY).map((value) => `\`${String(value)}\``);
    return node.enum.length > MANY ? `${words.join(" \\| ")} …` : words.join(" \\| ");
  }
  if (node.anyOf !== undefined) return [...new Set(node.anyOf.filter(({ type }) => type !== "null").map(valueWords))].join(" or ");
  if (Array.isArray(node.type)) return node.type.includes("string") && node.type.includes("number") ? "duration" : node.type.join(" or ");
  switch (node.type) {
    case "object":
      return "map";
    case "array":
      return node.items === undefined ? "list" : `list of ${valueWords(node.items)}`;
    case "string":
      return "text";
    case "boolean":
      return "true, false";
    case "integer":
    case "number":
      return "number";
    default:
      return "any";
  }
}

function defaultWords(node: Node): string {
  if (node.default === undefined || (typeof node.default === "object" && node.default !== null && Object.keys(node.default).length === 0)) return "";
  return `\`${typeof node.default === "string" ? node.default : JSON.stringify(node.default)}\``;
}

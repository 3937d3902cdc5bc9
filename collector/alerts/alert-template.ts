import { formatG, printf } from "./go-format.ts";
import { humanize, humanize1024, humanizeDuration, humanizePercentage } from "./humanize.ts";

/** What the templates of labels and annotations may speak of. */
export interface TemplateData {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A template that has been read once and is filled in often. */
export type AlertTemplate = (data: TemplateData) => string;

/** A template that uses what this evaluator does not have. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
}

type Operand = string | number;
type Step = (data: TemplateData, piped: readonly Operand[]) => Operand;

/**
 * The part of Go's templates that alert rules use: `{{ $labels.x }}`, `{{ .Labels.x }}`, `{{ $value }}`, literals, pipes and the functions of
 * `FUNCTIONS`; no conditions, loops or queries.
 * Throws: `TemplateError`.
 */
export function parseAlertTemplate(text: string): AlertTemplate {
  const parts: AlertTemplate[] = [];
  let end = 0;
  for (const found of text.matchAll(/\{\{(-?)((?:"(?:[^"\\]|\\.)*"|`[^`]*`|[^}"`])*?)(-?)\}\}/g)) {
    const [whole, trimsBefore, body = "", trimsAfter] = found;
    const before = text.slice(end, found.index);
    parts.push(literal(trimsBefore === "-" ? before.trimEnd() : before), pipeline(body.trim()));
    end = found.index + whole.length;
    if (trimsAfter === "-") end += text.slice(end).length - text.slice(end).trimStart().length;
  }
  const rest = text.slice(end);
  if (rest.includes("{{")) throw new TemplateError(`a template is not closed: ${rest.trim()}`);
  return joined([...parts, literal(rest)]);
}

function literal(text: string): AlertTemplate {
  return () => text;
}

function joined(parts: readonly AlertTemplate[]): AlertTemplate {
  return (data) => parts.map((part) => part(data)).join("");
}

function pipeline(body: string): AlertTemplate {
  if (body.startsWith("/*")) return literal("");
  const steps = splitPipes(tokens(body)).map((words) => command(words, body));
  return (data) => {
    let piped: readonly Operand[] = [];
    for (const step of steps) piped = [step(data, piped)];
    return textOf(piped[0] ?? "");
  };
}

function tokens(body: string): readonly string[] {
  const found = body.match(/"(?:[^"\\]|\\.)*"|`[^`]*`|\||[^\s|"`]+/g) ?? [];
  if (found.length === 0) throw new TemplateError("a template is empty: {{}}");
  return found;
}

function splitPipes(words: readonly string[]): readonly (readonly string[])[] {
  const commands: string[][] = [[]];
  for (const word of words) {
    if (word === "|") commands.push([]);
    else commands.at(-1)?.push(word);
  }
  return commands;
}

function command(words: readonly string[], body: string): Step {
  const [first, ...rest] = words;
  if (first === undefined) throw new TemplateError(`a pipe without a command: {{ ${body} }}`);
  const call = FUNCTIONS[first];
  if (call === undefined) {
    if (rest.length > 0) throw new TemplateError(`unknown function ${first}: {{ ${body} }}`);
    return operand(first);
  }
  const given = rest.map(operand);
  return (data, piped) => call([...given.map((step) => step(data, [])), ...piped]);
}

function operand(word: string): Step {
  const label = /^(?:\$labels|\.Labels|\$\.Labels)\.([A-Za-z_]\w*)$/.exec(word)?.[1];
  if (label !== undefined) return ({ labels }) => labels[label] ?? "";
  if (/^(?:\$externalLabels|\.ExternalLabels)\.\w+$/.test(word) || word === "$externalURL" || word === ".ExternalURL") return () => "";
  if (word === "$value" || word === ".Value" || word === "$.Value") return ({ value }) => value;
  if (word.startsWith('"')) {
    const text = JSON.parse(word) as string;
    return () => text;
  }
  if (word.startsWith("`")) return () => word.slice(1, -1);
  const number = Number(word);
  if (!Number.isNaN(number)) return () => number;
  throw new TemplateError(`${word} is not known in templates`);
}

const FUNCTIONS: Readonly<Record<string, (given: readonly Operand[]) => string>> = {
  humanize: ([value]) => humanize(Number(value)),
  humanize1024: ([value]) => humanize1024(Number(value)),
  humanizeDuration: ([value]) => humanizeDuration(Number(value)),
  humanizePercentage: ([value]) => humanizePercentage(Number(value)),
  printf: ([format, ...given]) => printf(textOf(format ?? ""), given),
  toUpper: ([text]) => textOf(text ?? "").toUpperCase(),
  toLower: ([text]) => textOf(text ?? "").toLowerCase(),
  title: ([text]) => textOf(text ?? "").replace(/(^|\s)(\S)/g, (_, space: string, letter: string) => space + letter.toUpperCase()),
};

function textOf(operandValue: Operand): string {
  return typeof operandValue === "number" ? formatG(operandValue) : operandValue;
}

import { anchored } from "./label-matcher.ts";
import { EvaluationError } from "./promql-error.ts";
import type { Vector } from "./values.ts";

export interface LabelReplacement {
  readonly target: string;
  /** With `$1`, `${1}`, `${name}`, `$$`, as Go's Regexp.Expand has it. */
  readonly replacement: string;
  readonly source: string;
  readonly pattern: string;
}

/** Series that do not match stay as they are. Throws: `EvaluationError`. */
export function labelReplace(samples: Vector, { target, replacement, source, pattern }: LabelReplacement): Vector {
  const regexp = anchored(pattern);
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(target)) throw new EvaluationError(`invalid destination label name in label_replace: ${target}`);
  return samples.map(({ labels, value }) => {
    const found = regexp.exec(labels.get(source));
    return found === null ? { labels, value } : { labels: labels.with(target, expand(replacement, found)), value };
  });
}

function expand(template: string, found: RegExpExecArray): string {
  return template.replace(/\$(?:\$|\{(\w+)\}|(\w+))/g, (whole, braced: string | undefined, bare: string | undefined) => {
    if (whole === "$$") return "$";
    const name = (braced ?? bare) as string;
    return (/^\d+$/.test(name) ? found[Number(name)] : found.groups?.[name]) ?? "";
  });
}

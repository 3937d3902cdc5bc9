import type { Run } from "../../model/run.ts";

/** A word of a shell, quoted where it must be. */
function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The command that makes this run again under another name, with other environment where told; for people to copy. */
export function rerunCommand({ name, conditions }: Run, suffix: string, environment: Readonly<Record<string, string>> = {}): string {
  const merged = { ...conditions.environment, ...environment };
  const settings = Object.entries(merged).map(([key, value]) => `${key}=${quoted(value)}`);
  const command = conditions.command.length === 0 ? ["<load test>"] : conditions.command.map(quoted);
  return [...settings, "pitwall run --name", quoted(`${name}-${suffix}`), "--", ...command].join(" ");
}

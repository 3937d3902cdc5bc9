import { z } from "zod";

/**
 * A pattern in Go's RE2 syntax as a JavaScript RegExp. `(?P<name>…)` and leading flags like `(?i)` are translated; the rest of what RE2
 * understands means the same here, save `\A`, `\z`, `\Q…\E` and `[[:classes:]]`, which are refused instead of being read otherwise.
 *
 * Unlike RE2 this matcher backtracks: a pattern with a repetition inside a repetition, like `(a+)+$`, takes exponential time on texts that nearly match,
 * and the event loop with it. Patterns come from the configuration, texts from senders: such patterns do not belong where senders are not trusted.
 * Throws: SyntaxError.
 */
export function goRegExp(pattern: string): RegExp {
  const foreign = /\\[AzQEC]|\[\[:|\(\?U/.exec(pattern.replaceAll("\\\\", ""));
  if (foreign !== null) throw new SyntaxError(`${foreign[0]} is not understood here`);
  const leading = /^\(\?([ims]+)\)/.exec(pattern);
  const body = pattern
    .slice(leading?.[0].length ?? 0)
    .replaceAll("(?P<", "(?<")
    .replace(/\\([pP])([A-Z])/g, "\\$1{$2}");
  const flags = leading?.[1] ?? "";
  const ways: readonly (() => RegExp)[] = [
    () => new RegExp(body, unique(`u${flags}`)),
    // RE2 names scripts bare: \p{Greek}.
    () => new RegExp(body.replace(/\\([pP])\{(\w{3,})\}/g, "\\$1{Script=$2}"), unique(`u${flags}`)),
    // The `u` flag refuses needless escapes like `\-`, which RE2 allows; without it \p would mean a plain p.
    ...(/\\p\{/i.test(body) ? [] : [() => new RegExp(body, unique(flags))]),
  ];
  let last: unknown;
  for (const compile of ways) {
    try {
      return compile();
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

function unique(flags: string): string {
  return [...new Set(flags)].join("");
}

/** A config value that is such a pattern. */
export function regExpSetting(): z.ZodType<RegExp, string> {
  return z.string().transform((text, check) => {
    try {
      return goRegExp(text);
    } catch (error) {
      check.addIssue({ code: "custom", message: `not a regular expression: ${error instanceof Error ? error.message : String(error)}` });
      return z.NEVER;
    }
  });
}

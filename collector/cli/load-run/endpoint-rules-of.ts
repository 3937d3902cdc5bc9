import { LoadError } from "../../model/errors.ts";
import { type EndpointRule, parseEndpointRules } from "../../run/endpoints/endpoint-rule.ts";

/** `--endpoint-rule PATTERN=NAME`, several; the last `=` divides. Throws: E_USAGE, and what `parseEndpointRules` throws. */
export function endpointRulesOf(texts: readonly string[]): readonly EndpointRule[] {
  const rules = texts.map((text) => {
    const at = text.lastIndexOf("=");
    if (at <= 0 || at === text.length - 1) {
      throw new LoadError("E_USAGE", `--endpoint-rule ${text}: it must be PATTERN=NAME, like '/works/\\d+=/works/{id}'`);
    }
    return { match: text.slice(0, at), as: text.slice(at + 1) };
  });
  return parseEndpointRules(rules, "--endpoint-rule");
}

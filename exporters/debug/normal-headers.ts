import type { Attributes } from "../../collector/model/attributes.ts";
import type { Signal } from "../../collector/model/batch.ts";
import type { GroupHeaders } from "./groups.ts";
import { bareText } from "./value-text.ts";

const WORDS: Readonly<Record<Signal, string>> = { traces: "Traces", metrics: "Metrics", logs: "Log" };

/** One line for a resource and one for a scope in the normal layout. */
export function normalHeaders(signal: Signal): GroupHeaders {
  const word = WORDS[signal];
  return {
    resource: ({ schemaUrl, attributes }, index) => `Resource${word} #${index}${schemaUrl === "" ? "" : ` [${schemaUrl}]`}${spaced(attributes)}\n`,
    scope: ({ name, version, schemaUrl, attributes }, index) => {
      const nameAndVersion = version === "" ? name : `${name}@${version}`;
      const details = [nameAndVersion, schemaUrl === "" ? "" : `[${schemaUrl}]`].filter((part) => part !== "").join(" ");
      return `Scope${word} #${index}${details === "" ? "" : ` ${details}`}${spaced(attributes)}\n`;
    },
  };
}

/** `k=v k2=v2` with a space before; "" without attributes. */
export function spaced(attributes: Attributes): string {
  return attributes.size === 0 ? "" : ` ${pairsText(attributes, " ")}`;
}

/** `k=v` for each attribute in arrival order. */
export function pairsText({ keys, kinds, values }: Attributes, between: string): string {
  let out = "";
  for (let index = 0; index < keys.length; index++) {
    const value =
      kinds[index] === "string" ? values[index] : bareText({ kind: kinds[index], value: values[index] } as Parameters<typeof bareText>[0]);
    out += `${index === 0 ? "" : between}${keys[index]}=${value as string}`;
  }
  return out;
}

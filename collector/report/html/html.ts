import { visibleText } from "../visible-text.ts";
import { unbrokenNumbers } from "../wrap-text.ts";

/** Text that is HTML already: only `html` and `trusted` make it. */
export interface Html {
  readonly html: string;
}

type Part = Html | string | number | null | undefined | false | readonly Part[];

/** A template whose values are escaped unless they are HTML themselves; lists are joined; null, undefined and false are nothing. */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Html {
  return { html: strings.reduce((text, string, index) => text + written(values[index - 1]) + string) };
}

/** Text of our own (styles, scripts, paths of a drawing) that goes in as it is. */
export function trusted(text: string): Html {
  return { html: text };
}

export const NOTHING: Html = { html: "" };

/** A sentence whose words between backticks are commands or names. */
export function prose(text: string): Html {
  const parts = unbrokenNumbers(text).split(/`([^`]+)`/);
  return html`${parts.map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`))}`;
}

/** Safe as text and within quoted attributes; what cannot be seen is spelled out. */
export function escapeHtml(text: string): string {
  return visibleText(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/** JSON for a script element: nothing in it can end the element or a line. */
export function jsonForScript(value: unknown): Html {
  return trusted(
    JSON.stringify(value).replace(
      /[<>&\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
    ),
  );
}

function written(part: Part): string {
  if (part === null || part === undefined || part === false) return "";
  if (typeof part === "string") return escapeHtml(part);
  if (typeof part === "number") return String(part);
  if ("html" in part) return part.html;
  return part.map(written).join("");
}

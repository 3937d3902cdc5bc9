import { segmentTemplate } from "./path-template.ts";

/** A route of whatever framework, in one style. */
export interface Route {
  /** `/api/works/{workId}`, `/files/{*path}`: parameters keep their own names. */
  readonly template: string;
  /** The same for routes that differ only in the names of their parameters or in a slash at their end. */
  readonly key: string;
}

/** Longer ones come from nobody's router. */
const MAX_ROUTE_CHARACTERS = 300;

/**
 * express `/works/:id(\\d+)?`, axum `/works/{id}` and `/{*rest}`, Flask `/works/<int:id>`, ASP.NET `/works/{id:int}`, Go `/works/{id...}` → `{id}`
 * for a part, `{*rest}` for all that follows.
 */
export function routeOf(text: string): Route {
  const template = text
    .slice(0, MAX_ROUTE_CHARACTERS)
    .replace(/^[A-Z]{3,7} (?=\/)/, "")
    .replaceAll(/<(?:path:)([A-Za-z_]\w*)>/g, "{*$1}")
    .replaceAll(/<(?:[^<>:]*:)?([A-Za-z_]\w*)>/g, "{$1}")
    .replaceAll(/\$\{[^{}]*\}/g, "{id}")
    .replaceAll(/\{\$\}/g, "")
    .replaceAll(/\{(\w+)\.\.\.\}/g, "{*$1}")
    .replaceAll(/\{\*{1,2}(\w*)[^{}]*\}/g, "{*$1}")
    .replaceAll(/\{(\w+)(?::path|:\.\*|:\.\+)\}/g, "{*$1}")
    .replaceAll(/\{(\w+)[:=?][^{}]*\}/g, "{$1}")
    .replaceAll(/([/.~-]):([A-Za-z_]\w*)(?:\([^()]*\))?([?*+]?)/g, (_, before: string, name: string, many: string) =>
      many === "*" || many === "+" ? `${before}{*${name}}` : `${before}{${name}}`,
    )
    .replaceAll(/(^|\/)\*{1,2}(\w*)(?=\/|$)/g, "$1{*$2}");
  return { template, key: keyOf(template) };
}

export function keyOf(template: string): string {
  const key = template.replaceAll(/\{\*[^{}]*\}/g, "{*}").replaceAll(/\{[^{}*]*\}/g, "{}");
  return key.length > 1 && key.endsWith("/") ? key.slice(0, -1) : key;
}

export interface RoutePattern {
  readonly fits: (path: string) => boolean;
  /** More for the narrower route: parts that are written out count before parameters, those before a rest. */
  readonly weight: number;
}

/** What paths a route takes. A path may already hold `{id}` for the part that is written out here. */
export function routePattern(template: string): RoutePattern {
  const segments = (template.length > 1 && template.endsWith("/") ? template.slice(0, -1) : template).split("/");
  let weight = 0;
  const parts = segments.map((segment) => {
    if (segment.startsWith("{*")) return ".*";
    if (/\{[^{}]*\}/.test(segment)) {
      weight += 10;
      return segment
        .split(/\{[^{}]*\}/)
        .map(escaped)
        .join("[^/]+");
    }
    weight += 1000;
    const templated = segmentTemplate(segment);
    return templated === segment ? escaped(segment) : `(?:${escaped(segment)}|${escaped(templated)})`;
  });
  const pattern = new RegExp(`^${parts.join("/")}/?$`);
  return { fits: (path) => pattern.test(path), weight };
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

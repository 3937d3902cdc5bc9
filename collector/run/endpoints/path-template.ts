/** What stands for a part that differs from request to request. */
const PLACEHOLDER = "{id}";
/** Deeper paths and longer texts are cut: the name of an endpoint is for people. */
const MAX_SEGMENTS = 24;
const MAX_READ_CHARACTERS = 2048;
const MAX_SEGMENT_CHARACTERS = 64;

/** Path of a URL or request target: without scheme, host, query and fragment. "/" where it has none. */
export function pathOf(url: string): string {
  const bounded = url.slice(0, MAX_READ_CHARACTERS);
  const rest = /^[a-z][a-z0-9+.-]{0,19}:\/\/[^/?#]*/i.exec(bounded)?.[0].length ?? 0;
  const path = bounded.slice(rest).split(/[?#]/, 1)[0] as string;
  return path === "" ? "/" : path;
}

/**
 * The path with `{id}` for parts that look like ids, so that requests for single things have one name: `/works/42/notes?page=2` →
 * `/works/{id}/notes`. By form alone: words stay, numbers go, and what is neither (`alice`) stays too.
 */
export function pathTemplate(url: string): string {
  const path = pathOf(url);
  const segments = path.split("/", MAX_SEGMENTS + 2);
  const kept = segments
    .slice(0, MAX_SEGMENTS + 1)
    .map(segmentTemplate)
    .join("/");
  return segments.length > MAX_SEGMENTS + 1 ? `${kept}/*` : kept;
}

/** `{id}` for what looks like an id, with its file extension kept; else the segment as it is. */
export function segmentTemplate(segment: string): string {
  if (segment === "" || segment.startsWith("{") || segment.startsWith(":")) return segment;
  // k6 names a URL of a template literal by the literal: `/posts/${}`.
  if (segment.includes("${}")) return PLACEHOLDER;
  if (looksLikeId(segment)) return PLACEHOLDER;
  const file = /^(.+)(\.[a-z][a-z0-9]{0,4})$/i.exec(segment);
  return file !== null && looksLikeId(file[1] as string) ? `${PLACEHOLDER}${file[2]}` : segment;
}

const NUMBER = /^[+-]?\d{1,30}$/;
const UUID = /^\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?$/i;
/** Crockford's alphabet; the first character holds three bits of the time (ulid/spec). */
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/i;
const HEX = /^(?:0x)?[0-9a-f]{8,}$/i;
/** `work-0042`, `user_17`, `2026-05-12`, `order-20260512-1`: parts between dashes, one of them a number of two digits or more. */
const NUMBERED = /^(?:[a-z]+[-_])*\d{2,}(?:[-_](?:\d+|[a-z]+))*$/i;
/** `user1234`; fewer digits are names: `oauth2`, `base64`, `x264`. */
const WORD_AND_NUMBER = /^[a-z]+\d{4,}$/i;
const TOKEN = /^[\w~+=.-]+$/;
const MAIL = /^[^@\s]+(?:@|%40)[^@\s]+\.[a-z]{2,}$/i;
/** Values of users are percent-encoded; nobody writes three such bytes into a route. */
const ENCODED = /(?:%[0-9a-f]{2}.*){3}/i;

function looksLikeId(segment: string): boolean {
  if (segment.length > MAX_SEGMENT_CHARACTERS) return true;
  if (NUMBER.test(segment) || UUID.test(segment) || ULID.test(segment)) return true;
  if (HEX.test(segment)) return segment.length >= 16 || /\d/.test(segment);
  if (NUMBERED.test(segment) || WORD_AND_NUMBER.test(segment)) return true;
  if (TOKEN.test(segment) && isRandom(segment)) return true;
  return MAIL.test(segment) || ENCODED.test(segment);
}

/** Base64, nanoid, `cuid`: letters and digits in a mixture that no word has. */
function isRandom(text: string): boolean {
  if (text.length < 10) return false;
  const digits = text.match(/\d/g)?.length ?? 0;
  const changes = text.match(/\d(?=[a-z])|[a-z](?=\d)/gi)?.length ?? 0;
  if (digits >= 3 && changes >= 3) return true;
  // Tokens with few digits: the case changes within them as it does in no camelCase word.
  const turns = text.match(/[A-Z]{2,}[a-z]|[a-z][A-Z](?=[A-Z0-9_-])|\d[A-Z]/g)?.length ?? 0;
  return text.length >= 16 && digits >= 1 && changes + turns >= 4;
}

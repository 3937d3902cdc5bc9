const QUOTE = '"';

/**
 * The fields of one row by RFC 4180: quoted fields may hold separators, line feeds and doubled quotes. `open`: a quote does not close.
 * A quote inside an unquoted field is a character like any other. What stands between a closing quote and the separator belongs to nobody:
 * it is kept in the field, or, with `isStrict`, makes the row `malformed`.
 */
export function parseCsvFields(row: string, separator = ",", isStrict = false): string[] | "open" | "malformed" {
  if (!row.includes(QUOTE)) return row.split(separator);
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    if (row[at] !== QUOTE) {
      const end = row.indexOf(separator, at);
      fields.push(end < 0 ? row.slice(at) : row.slice(at, end));
      if (end < 0) return fields;
      at = end + 1;
      continue;
    }
    const end = endOfQuoted(row, at + 1);
    if (end < 0) return "open";
    const next = row.indexOf(separator, end + 1);
    const tail = next < 0 ? row.slice(end + 1) : row.slice(end + 1, next);
    if (isStrict && tail !== "") return "malformed";
    fields.push(row.slice(at + 1, end).replaceAll('""', QUOTE) + tail);
    if (next < 0) return fields;
    at = next + 1;
  }
}

function endOfQuoted(row: string, from: number): number {
  let at = from;
  for (;;) {
    const end = row.indexOf(QUOTE, at);
    if (end < 0 || row[end + 1] !== QUOTE) return end;
    at = end + 2;
  }
}

import { type Exposition, groupKey, type ParsedFamily, Problems } from "./families.ts";
import { checkMetric } from "./openmetrics-metric.ts";
import { ExpositionError, isMetricName, isRealNumber, type ParsedSample, parseSampleLine } from "./sample-line.ts";

/** Suffixes of the samples of each type; "" = the family's name itself. */
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: ["_total", "_created"],
  gauge: [""],
  histogram: ["_bucket", "_count", "_sum", "_created"],
  gaugehistogram: ["_bucket", "_gcount", "_gsum"],
  summary: ["", "_count", "_sum", "_created"],
  stateset: [""],
  info: ["_info"],
  unknown: [""],
};
const MAX_EXEMPLAR_CHARACTERS = 128;

/**
 * Judges a document by OpenMetrics 1.0 as a whole: grammar, metadata, families, metrics, points, exemplars. Stricter than any Prometheus.
 * `utf8`: names in quotes, as Prometheus 3 reads them.
 *
 * Source: prometheus/OpenMetrics specification/OpenMetrics.md
 */
export function validateOpenMetrics(text: string, { utf8 = false }: { readonly utf8?: boolean } = {}): Exposition {
  const problems = new Problems();
  const families: ParsedFamily[] = [];
  if (/\r(\n|$)/.test(text)) problems.add("a carriage return: lines end in LF alone");
  if (text.includes("\0")) problems.add("a NUL");
  if (!text.isWellFormed()) problems.add("not UTF-8");
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  if (lines.at(-1) !== "# EOF") problems.add("it does not end in # EOF");
  else lines.pop();
  for (const [index, line] of lines.entries()) {
    const where = `line ${index + 1} (${line.slice(0, 120)})`;
    problems.in(where, () => (line.startsWith("#") ? readMetadata(line, families, utf8) : readSample(line, families, utf8)));
  }
  checkNames(families, problems);
  for (const family of families) checkFamily(family, problems);
  return { families, problems: problems.all };
}

function readMetadata(line: string, families: ParsedFamily[], utf8: boolean): void {
  if (line === "# EOF") throw new ExpositionError("# EOF is not at the end");
  const match = /^# (HELP|TYPE|UNIT) ("(?:[^"\\]|\\.)*"|[^ "]+)(?: (.*))?$/.exec(line);
  if (match === null) throw new ExpositionError("only HELP, TYPE, UNIT and EOF stand behind a #, each with one space");
  const [, word, written, rest] = match as unknown as [string, string, string, string | undefined];
  const name = nameOf(written, utf8);
  if (rest === undefined) throw new ExpositionError(`${word} says nothing`);
  let family = families.at(-1);
  if (family?.name !== name) {
    if (families.some((other) => other.name === name)) throw new ExpositionError(`family ${name} comes back after another one`);
    family = { name, type: undefined, help: undefined, unit: undefined, samples: [] };
    families.push(family);
  }
  if (family.samples.length > 0) throw new ExpositionError(`${word} stands behind samples of its family`);
  if (word === "TYPE") {
    if (family.type !== undefined) throw new ExpositionError("a second TYPE");
    if (SUFFIXES[rest] === undefined) throw new ExpositionError(`there is no type ${rest}`);
    family.type = rest;
  } else if (word === "HELP") {
    if (family.help !== undefined) throw new ExpositionError("a second HELP");
    if (/(^|[^\\])(\\\\)*\\$/.test(rest)) throw new ExpositionError("HELP ends in half an escape");
    if (/(^|[^\\])(\\\\)*"/.test(rest)) throw new ExpositionError("a quote in HELP that is not escaped");
    family.help = rest;
  } else {
    if (family.unit !== undefined) throw new ExpositionError("a second UNIT");
    family.unit = rest;
    if (rest !== "" && !name.endsWith(`_${rest}`)) throw new ExpositionError(`unit ${rest} is not the end of the name`);
  }
}

function nameOf(written: string, utf8: boolean): string {
  if (isMetricName(written)) return written;
  if (!utf8 || !written.startsWith('"') || written.length <= 2) throw new ExpositionError(`${written} is no metric name`);
  return written.slice(1, -1).replace(/\\(["\\n])/g, (_, character: string) => (character === "n" ? "\n" : character));
}

function readSample(line: string, families: ParsedFamily[], utf8: boolean): void {
  if (line === "") throw new ExpositionError("a blank line");
  const sample = parseSampleLine(line, { utf8, exemplars: true, strictSpace: true });
  const current = families.at(-1);
  if (current !== undefined && suffixOf(sample.name, current) !== undefined) {
    current.samples.push(sample);
    return;
  }
  const known = families.find((family) => suffixOf(sample.name, family) !== undefined);
  if (known !== undefined) throw new ExpositionError(`${sample.name} belongs to ${known.name}, which has ended`);
  families.push({ name: sample.name, type: undefined, help: undefined, unit: undefined, samples: [sample] });
}

/** Undefined where the sample is not one of the family's. */
function suffixOf(name: string, family: ParsedFamily): string | undefined {
  return (SUFFIXES[family.type ?? "unknown"] as readonly string[]).find((suffix) => name === `${family.name}${suffix}`);
}

/** No two families may come to the same sample names. */
function checkNames(families: readonly ParsedFamily[], problems: Problems): void {
  const owners = new Map<string, string>();
  for (const { name, type } of families) {
    const names = new Set([name, ...(SUFFIXES[type ?? "unknown"] as readonly string[]).map((suffix) => `${name}${suffix}`)]);
    for (const one of names) {
      const owner = owners.get(one);
      if (owner !== undefined) problems.add(`families ${owner} and ${name} clash in the name ${one}`);
      owners.set(one, name);
    }
  }
}

function checkFamily(family: ParsedFamily, problems: Problems): void {
  const { name, type = "unknown", unit, samples } = family;
  if ((type === "info" || type === "stateset") && unit !== undefined && unit !== "") problems.add(`${name}: a unit on ${type}`);
  const extra = type === "histogram" || type === "gaugehistogram" ? ["le"] : type === "summary" ? ["quantile"] : type === "stateset" ? [name] : [];
  const groups = new Map<string, ParsedSample[]>();
  let last = "";
  for (const sample of samples) {
    checkLine(family, sample, problems);
    const key = groupKey(sample, extra);
    if (key !== last && groups.has(key)) problems.add(`${name}: the samples of ${key} do not stand together`);
    last = key;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [sample]);
    else group.push(sample);
  }
  for (const [key, group] of groups) checkPoints(family, key, group, problems);
}

function checkLine({ name, type = "unknown" }: ParsedFamily, sample: ParsedSample, problems: Problems): void {
  const { exemplar, timestamp } = sample;
  if (timestamp !== undefined && !isRealNumber(timestamp)) problems.add(`${sample.name}: "${timestamp}" is not a timestamp`);
  if (exemplar === undefined) return;
  const takesOne = sample.name === `${name}_bucket` || (type === "counter" && sample.name === `${name}_total`);
  if (!takesOne) problems.add(`${sample.name}: an exemplar on what is neither a counter's total nor a bucket`);
  const characters = exemplar.labels.reduce((sum, [label, value]) => sum + [...label].length + [...value].length, 0);
  if (characters > MAX_EXEMPLAR_CHARACTERS) problems.add(`${sample.name}: an exemplar of ${characters} characters`);
}

/** The points of one metric: with times all or none, rising, none twice. */
function checkPoints(family: ParsedFamily, key: string, group: readonly ParsedSample[], problems: Problems): void {
  const where = `${family.name}${key}`;
  const timed = group.filter(({ timestamp }) => timestamp !== undefined).length;
  if (timed > 0 && timed < group.length) problems.add(`${where}: some samples with a timestamp, some without`);
  const points = new Map<string, ParsedSample[]>();
  let before = -Infinity;
  for (const sample of group) {
    const time = Number(sample.timestamp ?? 0);
    if (time < before) problems.add(`${where}: timestamps go backwards`);
    before = time;
    const point = points.get(String(time)) ?? [];
    points.set(String(time), point);
    const twin = point.some((other) => other.name === sample.name && groupKey(other, []) === groupKey(sample, []));
    if (twin) problems.add(`${where}: ${sample.name} stands there twice`);
    point.push(sample);
  }
  for (const point of points.values()) problems.in(where, () => checkMetric(family, point));
}

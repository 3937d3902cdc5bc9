import { type Exposition, groupKey, labelOf, type ParsedFamily, Problems } from "./families.ts";
import { ExpositionError, isMetricName, type ParsedSample, parseSampleLine } from "./sample-line.ts";

const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: [""],
  gauge: [""],
  histogram: ["_bucket", "_count", "_sum"],
  summary: ["", "_count", "_sum"],
  untyped: [""],
};

/**
 * Judges a document in Prometheus' text format 0.0.4, or with `utf8` 1.0.0. Beyond what servers refuse it demands what the format's
 * description asks of a sender: families in one piece, one header each before the samples, nothing twice, whole histograms.
 *
 * Source: prometheus/docs docs/instrumenting/exposition_formats.md
 */
export function validateText(text: string, { utf8 = false }: { readonly utf8?: boolean } = {}): Exposition {
  const problems = new Problems();
  const families: ParsedFamily[] = [];
  if (/\r(\n|$)/.test(text)) problems.add("a carriage return: lines end in LF alone");
  if (text.includes("\0")) problems.add("a NUL: to Prometheus' lexer the end of the document");
  if (!text.isWellFormed()) problems.add("not UTF-8");
  if (text !== "" && !text.endsWith("\n")) problems.add("the last line does not end");
  for (const [index, line] of text.split("\n").entries()) {
    problems.in(`line ${index + 1} (${line.slice(0, 120)})`, () => readLine(line.trim(), families, utf8));
  }
  const names = new Map<string, string>();
  for (const family of families) {
    for (const suffix of SUFFIXES[family.type ?? "untyped"] as readonly string[]) {
      const name = `${family.name}${suffix}`;
      const owner = names.get(name);
      if (owner !== undefined) problems.add(`families ${owner} and ${family.name} clash in the name ${name}`);
      names.set(name, family.name);
    }
    checkFamily(family, problems);
  }
  return { families, problems: problems.all };
}

function readLine(line: string, families: ParsedFamily[], utf8: boolean): void {
  if (line === "") return;
  if (!line.startsWith("#")) {
    addSample(parseSampleLine(line, { utf8, exemplars: false, strictSpace: false }), families);
    return;
  }
  const match = /^#[ \t]+(HELP|TYPE)[ \t]+("(?:[^"\\]|\\.)*"|[^ \t]+)(?:[ \t]+(.*))?$/.exec(line);
  if (match === null) return;
  const [, word, written, rest = ""] = match as unknown as [string, string, string, string | undefined];
  const isQuoted = utf8 && written.startsWith('"');
  if (!isQuoted && !isMetricName(written)) throw new ExpositionError(`${written} is no metric name`);
  const name = isQuoted ? written.slice(1, -1).replace(/\\(["\\n])/g, (_, character: string) => (character === "n" ? "\n" : character)) : written;
  let family = families.at(-1);
  if (family?.name !== name) {
    if (families.some((other) => other.name === name)) throw new ExpositionError(`family ${name} comes back after another one`);
    family = { name, type: undefined, help: undefined, unit: undefined, samples: [] };
    families.push(family);
  }
  if (family.samples.length > 0) throw new ExpositionError(`${word} stands behind samples of its family`);
  if (word === "HELP") {
    if (family.help !== undefined) throw new ExpositionError("a second HELP");
    if (/(^|[^\\])(\\\\)*\\([^\\n]|$)/.test(rest)) throw new ExpositionError("HELP escapes what is neither a backslash nor a line break");
    family.help = rest;
    return;
  }
  if (family.type !== undefined) throw new ExpositionError("a second TYPE");
  if (SUFFIXES[rest] === undefined) throw new ExpositionError(`there is no type ${rest}`);
  family.type = rest;
}

function addSample(sample: ParsedSample, families: ParsedFamily[]): void {
  if (sample.timestamp !== undefined && !/^-?\d+$/.test(sample.timestamp))
    throw new ExpositionError(`"${sample.timestamp}" is no time in milliseconds`);
  const current = families.at(-1);
  if (current !== undefined && belongs(sample, current)) {
    current.samples.push(sample);
    return;
  }
  const known = families.find((family) => belongs(sample, family));
  if (known !== undefined) throw new ExpositionError(`${sample.name} belongs to ${known.name}, which has ended`);
  families.push({ name: sample.name, type: undefined, help: undefined, unit: undefined, samples: [sample] });
}

function belongs({ name }: ParsedSample, family: ParsedFamily): boolean {
  return (SUFFIXES[family.type ?? "untyped"] as readonly string[]).some((suffix) => name === `${family.name}${suffix}`);
}

function checkFamily({ name, type = "untyped", samples }: ParsedFamily, problems: Problems): void {
  const seen = new Set<string>();
  const groups = new Map<string, ParsedSample[]>();
  for (const sample of samples) {
    const identity = `${sample.name}${groupKey(sample, [])}${sample.timestamp ?? ""}`;
    if (seen.has(identity)) problems.add(`${name}: ${identity} stands there twice`);
    seen.add(identity);
    const key = groupKey(sample, type === "histogram" ? ["le"] : type === "summary" ? ["quantile"] : []);
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  for (const [key, group] of groups) {
    if (type === "histogram") problems.in(`${name}${key}`, () => checkHistogram(name, group));
    if (type === "summary") problems.in(`${name}${key}`, () => checkSummary(name, group));
  }
}

function checkHistogram(name: string, group: readonly ParsedSample[]): void {
  let bound = -Infinity;
  let before = 0;
  for (const bucket of group.filter((sample) => sample.name === `${name}_bucket`)) {
    const le = labelOf(bucket, "le");
    if (le === undefined) throw new ExpositionError("a bucket without le");
    const upper = le === "+Inf" ? Infinity : Number(le);
    if (!(upper > bound)) throw new ExpositionError("buckets are not in rising order of le");
    if (bucket.value < before) throw new ExpositionError("buckets are not cumulative");
    bound = upper;
    before = bucket.value;
  }
  if (bound !== Infinity) throw new ExpositionError("no +Inf bucket");
  const count = group.find((sample) => sample.name === `${name}_count`);
  if (count === undefined) throw new ExpositionError("a histogram without _count");
  if (count.value !== before) throw new ExpositionError("_count is not the +Inf bucket");
}

function checkSummary(name: string, group: readonly ParsedSample[]): void {
  for (const sample of group) {
    const quantile = labelOf(sample, "quantile");
    if ((sample.name === name) !== (quantile !== undefined)) throw new ExpositionError("quantile where it does not belong, or not where it does");
    if (quantile !== undefined && Number.isNaN(Number(quantile))) throw new ExpositionError(`quantile ${quantile}`);
  }
}

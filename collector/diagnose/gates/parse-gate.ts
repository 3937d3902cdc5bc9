import type { Hop } from "../../model/catalog.ts";
import { GateText, Mistaken } from "./gate-text.ts";
import { COMPARISONS, HOP_WORDS, SERIES_WORDS, UNITS } from "./gate-words.ts";
import type { Comparison, GateMistake, GateSubject, GateUnit, LatencyStat, ParsedGate } from "./parsed-gate.ts";
import { readLabels } from "./read-labels.ts";

export type ParseResult = { readonly gate: ParsedGate } | { readonly mistake: GateMistake };

/**
 * A threshold as people write it:
 *
 *     gate       = subject [ labels ] comparison value | "trend(" series ")"
 *     subject    = [ hop ] ( quantile | "avg" | "min" | "max" )      latency of requests with success: p95, p(99.9), http_req_duration p(95)
 *                | [ hop ] ( "failed" | "http_req_failed" )          share of requests that failed
 *                | hop ( status | class )                            how many: proxy 502, app 5xx
 *                | [ hop ] ( "timeouts" | "requests" | "rps" )       how many; rps: a second
 *                | ( "min" | "max" | "avg" | "last" ) "(" series ")" of a series: min(permits), max(rss), or a metric's full name
 *                | metric [ "rate" | "count" | "avg" | "min" | "max" ]  any metric of the generator: checks, dropped_iterations, my_rate
 *     hop        = client | proxy | nginx | app | store | …          client where none is named
 *     labels     = "{" name "=" value { "," name "=" value } "}"     endpoint (also name), scenario, status, hop, cohort
 *     comparison = "<" | "<=" | ">" | ">=" | "==" | "!="
 *     value      = number [ us | ms | s | min | % | B | KB | MB | GB | KiB | MiB | GiB | /s ]
 *
 * A bare number is ms for a latency, a share from 0 to 1 for a failure rate, and a plain number else. Quotes keep commas and braces in a label's
 * value. Mistakes are returned, not thrown: whoever knows the file adds its line.
 */
export function parseGate(expression: string): ParseResult {
  try {
    return { gate: new GateReader(expression).read() };
  } catch (error) {
    if (error instanceof Mistaken) return { mistake: error.mistake };
    throw error;
  }
}

const WORD = /[A-Za-z_][\w.:/-]*/y;
const STATUS = /([1-5])(\d\d|xx)(?![\w.])/y;
const NUMBER = /[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?/iy;
const UNIT = /%|\/s(?!\w)|[A-Za-z]+/y;
const QUANTILE = /^p(\d{1,2}(?:\.\d+)?)$/;
const FOLDS = ["min", "max", "avg", "last"] as const;
const STATS = ["rate", "count", "avg", "min", "max"] as const;

class GateReader {
  readonly #text: GateText;

  constructor(text: string) {
    this.#text = new GateText(text);
  }

  read(): ParsedGate {
    this.#text.space();
    if (this.#text.isAtEnd) this.#text.fail("the threshold is empty", "a threshold such as p95 < 800ms", this.#text.at);
    let subject = this.#subject();
    const labelsAt = this.#text.at;
    const labels = readLabels(this.#text, subject.kind === "metric" || subject.kind === "gauge" || subject.kind === "trend");
    const hop = labels.get("hop");
    if (hop !== undefined && "hop" in subject) {
      const known = HOP_WORDS.get(hop);
      if (known === undefined) this.#text.fail(`no hop is called "${hop}"`, `one of ${[...HOP_WORDS.keys()].join(", ")}`, labelsAt);
      subject = { ...subject, hop: known as Hop };
    }
    this.#text.space();
    if (subject.kind === "trend" && this.#text.isAtEnd) return { expression: this.#text.whole, subject, labels, limit: undefined };
    if (subject.kind === "trend") this.#text.fail("trend(…) takes no comparison: it fails when a leak is suspected", "nothing more", this.#text.at);
    const comparison = this.#comparison();
    const { value, unit } = this.#value(subject);
    this.#text.space();
    if (!this.#text.isAtEnd)
      this.#text.fail(`there is more after the value: "${this.#text.rest}"`, "nothing more", this.#text.at, this.#text.rest.length);
    return { expression: this.#text.whole, subject, labels, limit: { comparison, value, unit } };
  }

  #subject(): GateSubject {
    const start = this.#text.at;
    const word = this.#text.take(WORD);
    if (word === undefined)
      this.#text.fail("a threshold begins with what is measured", "p95, http_req_failed, proxy 502, min(permits) or a metric's name", start);
    const name = word as string;
    if (this.#text.next === "(") return this.#called(name, start);
    const hop = HOP_WORDS.get(name);
    this.#text.space();
    if (hop !== undefined) return this.#ofHop(hop, name);
    return this.#latencyOrRequests(name, "client", start) ?? this.#metric(name);
  }

  /** After the name of a hop. */
  #ofHop(hop: Hop, word: string): GateSubject {
    const start = this.#text.at;
    const status = this.#text.take(STATUS);
    if (status !== undefined) {
      const first = Number(status[0]) * 100;
      return status.endsWith("xx")
        ? { kind: "status", hop, from: first, to: first + 99 }
        : { kind: "status", hop, from: Number(status), to: Number(status) };
    }
    const name = this.#text.take(WORD);
    const isCall = name !== undefined && this.#text.next === "(";
    const subject = name === undefined ? undefined : isCall ? this.#called(name, start, hop) : this.#latencyOrRequests(name, hop, start);
    if (subject === undefined)
      this.#text.fail(
        `"${word}" is followed by what is measured there`,
        "a status (502, 5xx), p95, failed, timeouts, requests or rps",
        start,
        name?.length,
      );
    return subject as GateSubject;
  }

  #latencyOrRequests(name: string, hop: Hop, start: number): GateSubject | undefined {
    if (name === "http_req_duration" || name === "latency" || name === "duration") {
      this.#text.space();
      const at = this.#text.at;
      const stat = this.#text.take(WORD);
      const found = stat === undefined ? undefined : this.#stat(stat, at);
      if (found === undefined) this.#text.fail(`${name} needs to be told which figure of it`, "p(95), avg, min or max", at, stat?.length);
      return { kind: "latency", hop, stat: found as LatencyStat };
    }
    if (name === "http_req_failed" || name === "failed") {
      this.#text.takeWord("rate");
      return { kind: "failed", hop };
    }
    if (name === "timeouts") return { kind: "timeouts", hop };
    if (name === "requests" || name === "http_reqs") {
      const per = this.#text.takeWord("rate") ? "second" : "run";
      if (per === "run") this.#text.takeWord("count");
      return { kind: "requests", hop, per };
    }
    if (name === "rps") return { kind: "requests", hop, per: "second" };
    const stat = this.#stat(name, start);
    return stat === undefined ? undefined : { kind: "latency", hop, stat };
  }

  /** `p95`, `p(95)`, `med`, `avg`, `min`, `max`; the word has been read. */
  #stat(word: string, start: number): LatencyStat | undefined {
    if (word === "med" || word === "median") return { kind: "quantile", q: 0.5 };
    if (word === "avg" || word === "min" || word === "max") return { kind: word };
    if (word === "p" && this.#text.next === "(") return { kind: "quantile", q: this.#percent(start) };
    const [, digits] = QUANTILE.exec(word) ?? [];
    return digits === undefined ? undefined : { kind: "quantile", q: this.#checkedPercent(Number(digits), start, word.length) };
  }

  #percent(start: number): number {
    this.#text.at++;
    this.#text.space();
    const number = this.#text.take(NUMBER);
    this.#text.space();
    if (number === undefined || this.#text.next !== ")") this.#text.fail("p(…) holds a percentage", "p(95)", start, this.#text.at - start);
    this.#text.at++;
    return this.#checkedPercent(Number(number), start, this.#text.at - start);
  }

  #checkedPercent(percent: number, start: number, length: number): number {
    if (!(percent > 0 && percent < 100))
      this.#text.fail(`there is no ${percent}th percentile`, "one above 0 and below 100; the largest is max", start, length);
    // 99.9 / 100 is 0.9990000000000001 in doubles.
    return Number((percent / 100).toFixed(12));
  }

  /** `min(permits)`, `trend(rss)`, `p(95)`; the word has been read and a parenthesis follows. */
  #called(name: string, start: number, hop: Hop = "client"): GateSubject {
    if (name === "p") return { kind: "latency", hop, stat: { kind: "quantile", q: this.#percent(start) } };
    const fold = FOLDS.find((word) => word === name);
    if (fold === undefined && name !== "trend")
      this.#text.fail(`there is no function "${name}"`, "p, min, max, avg, last or trend", start, name.length);
    this.#text.at++;
    this.#text.space();
    const at = this.#text.at;
    const series = this.#text.take(WORD);
    this.#text.space();
    if (series === undefined || this.#text.next !== ")")
      this.#text.fail(`${name}(…) holds the name of one series`, `${[...SERIES_WORDS.keys()].join(", ")}, or a metric's name`, at);
    this.#text.at++;
    const names = SERIES_WORDS.get(series as string) ?? [series as string];
    return fold === undefined ? { kind: "trend", names } : { kind: "gauge", fold, names };
  }

  #metric(name: string): GateSubject {
    const stat = STATS.find((word) => this.#text.takeWord(word));
    return { kind: "metric", name, stat: stat ?? "" };
  }

  #comparison(): Comparison {
    const found = COMPARISONS.find((word) => this.#text.rest.startsWith(word));
    if (found === undefined) {
      const rest = this.#text.rest;
      this.#text.fail(
        rest === "" ? "there is nothing to compare with" : `"${rest.split(/\s/, 1)[0]}" is no comparison`,
        "one of <, <=, >, >=, ==, !=",
        this.#text.at,
        rest.split(/\s/, 1)[0]?.length,
      );
    }
    this.#text.at += (found as string).length;
    return found === "=" ? "==" : (found as Comparison);
  }

  #value(subject: GateSubject): { readonly value: number; readonly unit: GateUnit } {
    this.#text.space();
    const start = this.#text.at;
    const text = this.#text.take(NUMBER);
    if (text === undefined)
      this.#text.fail(
        this.#text.rest === "" ? "the number is missing" : `"${this.#text.rest}" is no number`,
        "a number with its unit, such as 800ms or 1%",
        start,
        this.#text.rest.length,
      );
    this.#text.space();
    const unitAt = this.#text.at;
    const word = this.#text.take(UNIT);
    const unit = word === undefined ? undefined : UNITS.get(word);
    if (word !== undefined && unit === undefined)
      this.#text.fail(`there is no unit "${word}"`, `one of ${[...UNITS.keys()].join(", ")}`, unitAt, word.length);
    const wanted = unitOf(subject);
    const number = Number(text);
    if (unit === undefined) return { value: this.#bare(number, wanted, start), unit: wanted ?? "count" };
    if (wanted !== undefined && wanted !== unit.unit)
      this.#text.fail(
        `${UNIT_NAMES[unit.unit]} cannot be compared with ${UNIT_NAMES[wanted]}`,
        `a value of ${UNIT_NAMES[wanted]}`,
        start,
        this.#text.at - start,
      );
    return { value: number * unit.factor, unit: unit.unit };
  }

  #bare(number: number, wanted: GateUnit | undefined, start: number): number {
    if (wanted === "share" && (number > 1 || number < 0))
      this.#text.fail(`a share lies between 0 and 1, not at ${number}`, `${number}%`, start, String(number).length);
    return number;
  }
}

const UNIT_NAMES: Readonly<Record<GateUnit, string>> = {
  ms: "a time",
  share: "a share",
  bytes: "bytes",
  count: "a count",
  per_second: "a rate a second",
};

/** undefined: the series say it when they are there. */
function unitOf(subject: GateSubject): GateUnit | undefined {
  switch (subject.kind) {
    case "latency":
      return "ms";
    case "failed":
      return "share";
    case "status":
    case "timeouts":
      return "count";
    case "requests":
      return subject.per === "second" ? "per_second" : "count";
    case "metric":
    case "gauge":
    case "trend":
      return undefined;
  }
}

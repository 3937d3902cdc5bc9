import type { Attributes } from "../model/attributes.ts";
import type { LabelRules } from "../wire/prometheus-label.ts";
import { type LabelSet, targetLabels } from "./labels.ts";
import type { SeriesListener } from "./series-listener.ts";

/** What `target_info` says about one job and instance. */
export interface Target {
  labels: LabelSet;
  seenMs: number;
  /** Of the run that its resource belongs to. */
  runId: string;
  /** False since the end of its run, until a point comes again. */
  isVisible: boolean;
}

/** A sender whose resource has other keys each time must not make one line grow for ever. */
const MAX_LABELS = 256;

/**
 * One target per job and instance, as the specification asks: where resources of the same identity differ in an attribute, the newest
 * value wins and the others are kept, so that the series does not flicker.
 */
export class TargetTable {
  readonly #targets = new Map<string, Target>();
  readonly #listener: SeriesListener | undefined;

  constructor(listener?: SeriesListener) {
    this.#listener = listener;
  }

  /** Undefined where there is nothing to say: no identity, or nothing but identity. */
  of(
    resource: Attributes,
    runId: string,
    rules: LabelRules,
    keepsIdentity: boolean,
    timeNs: number,
    constLabels: Readonly<Record<string, string>> = {},
  ): Target | undefined {
    const labels = targetLabels(resource, rules, keepsIdentity, constLabels);
    if (labels === undefined) return undefined;
    const key = JSON.stringify([labels.get("job") ?? "", labels.get("instance") ?? ""]);
    const known = this.#targets.get(key);
    if (known === undefined) {
      const target = { labels, seenMs: 0, runId, isVisible: true };
      this.#targets.set(key, target);
      this.#listener?.target(undefined, labels, timeNs);
      return target;
    }
    const all = new Map([...known.labels, ...labels]);
    const before = known.labels;
    known.labels = all.size <= MAX_LABELS ? all : labels;
    known.runId = runId;
    if (!isSame(before, known.labels)) this.#listener?.target(known.isVisible ? before : undefined, known.labels, timeNs);
    else if (!known.isVisible) this.#listener?.target(undefined, known.labels, timeNs);
    known.isVisible = true;
    return known;
  }

  /** A point of its resource has come. */
  renew(target: Target, nowMs: number, timeNs: number): void {
    target.seenMs = nowMs;
    if (target.isVisible) return;
    target.isVisible = true;
    this.#listener?.target(undefined, target.labels, timeNs);
  }

  /** It says nothing any more, until a point of its resource comes again. */
  end(isEnded: (target: Target) => boolean, timeNs: number): void {
    for (const target of this.#targets.values()) {
      if (!target.isVisible || !isEnded(target)) continue;
      target.isVisible = false;
      this.#listener?.target(target.labels, undefined, timeNs);
    }
  }

  expire(beforeMs: number, timeNs: number): void {
    this.end((target) => target.seenMs < beforeMs, timeNs);
    for (const [key, target] of this.#targets) if (target.seenMs < beforeMs) this.#targets.delete(key);
  }

  *values(): IterableIterator<Target> {
    for (const target of this.#targets.values()) if (target.isVisible) yield target;
  }
}

function isSame(a: LabelSet, b: LabelSet): boolean {
  if (a.size !== b.size) return false;
  for (const [name, value] of a) if (b.get(name) !== value) return false;
  return true;
}

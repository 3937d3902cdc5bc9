import type { Attributes } from "../model/attributes.ts";
import type { LabelRules } from "../wire/prometheus-label.ts";
import { attributeLabels, IDENTIFYING_ATTRIBUTES, identityOf, type LabelSet } from "./labels.ts";

/** What `target_info` says about one job and instance. */
export interface Target {
  labels: LabelSet;
  seenMs: number;
}

/** A sender whose resource has other keys each time must not make one line grow for ever. */
const MAX_LABELS = 256;

/**
 * One target per job and instance, as the specification asks: where resources of the same identity differ in an attribute, the newest
 * value wins and the others are kept, so that the series does not flicker.
 */
export class TargetTable {
  readonly #targets = new Map<string, Target>();

  /** Undefined where there is nothing to say: no identity, or nothing but identity. */
  of(resource: Attributes, rules: LabelRules): Target | undefined {
    const { job, instance } = identityOf(resource);
    const info = IDENTIFYING_ATTRIBUTES.reduce((rest, key) => rest.without(key), resource);
    const labels = attributeLabels(info, rules, (name) => (name === "job" || name === "instance" ? undefined : name));
    if ((job === "" && instance === "") || labels.size === 0) return undefined;
    if (job !== "") labels.set("job", job);
    if (instance !== "") labels.set("instance", instance);
    const key = JSON.stringify([job, instance]);
    const known = this.#targets.get(key);
    if (known !== undefined) {
      const all = new Map([...known.labels, ...labels]);
      known.labels = all.size <= MAX_LABELS ? all : labels;
      return known;
    }
    const target = { labels, seenMs: 0 };
    this.#targets.set(key, target);
    return target;
  }

  expire(beforeMs: number): void {
    for (const [key, target] of this.#targets) if (target.seenMs < beforeMs) this.#targets.delete(key);
  }

  values(): Iterable<Target> {
    return this.#targets.values();
  }
}

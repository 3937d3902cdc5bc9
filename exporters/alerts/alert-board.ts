import type { AlertState } from "../../collector/alerts/alert-state.ts";
import type { GroupEvaluation } from "../../collector/alerts/evaluate-group.ts";

/** What has changed about one alert name with an evaluation. */
export interface AlertChange {
  readonly alertname: string;
  /** All that fire now. */
  readonly firing: readonly AlertState[];
  /** Began to fire. */
  readonly fired: readonly AlertState[];
  /** Fired before, and do no longer. */
  readonly resolved: readonly AlertState[];
}

/** What fires, by alert name, over all rules and groups. */
export class AlertBoard {
  readonly alertnames: readonly string[];
  readonly #groups: readonly GroupEvaluation[];
  readonly #firing = new Map<string, ReadonlyMap<string, AlertState>>();

  constructor(groups: readonly GroupEvaluation[]) {
    this.#groups = groups;
    const names = groups.flatMap(({ group }) => group.rules.filter(({ kind }) => kind === "alert").map(({ name }) => name));
    this.alertnames = [...new Set(names)];
  }

  firingCount(alertname: string): number {
    return this.#firing.get(alertname)?.size ?? 0;
  }

  /** Looks at all groups again; a change per alert name, also where nothing has. */
  changes(): readonly AlertChange[] {
    return this.alertnames.map((alertname) => {
      const states = this.#groups.flatMap((one) =>
        one.group.rules.filter(({ kind, name }) => kind === "alert" && name === alertname).flatMap((rule) => one.alerts(rule)),
      );
      const firing = new Map(states.filter(({ state }) => state === "firing").map((state) => [state.labels.key, state]));
      const before = this.#firing.get(alertname) ?? new Map<string, AlertState>();
      this.#firing.set(alertname, firing);
      return {
        alertname,
        firing: [...firing.values()],
        fired: [...firing.values()].filter(({ labels, firedMs }) => before.get(labels.key)?.firedMs !== firedMs),
        resolved: states.filter(({ state, labels }) => state === "resolved" && before.has(labels.key) && !firing.has(labels.key)),
      };
    });
  }

  /** The evaluation ends: whatever fires is resolved, since nobody will look again. */
  close(nowMs: number): readonly AlertChange[] {
    const changes = [...this.#firing].map(([alertname, firing]) => {
      const resolved = [...firing.values()].map((state): AlertState => ({ ...state, state: "resolved", resolvedMs: nowMs }));
      return { alertname, firing: [], fired: [], resolved };
    });
    this.#firing.clear();
    return changes;
  }
}

import { type Attributes, anyValue } from "../model/attributes.ts";
import { labelValue } from "../wire/prometheus-label.ts";
import { identityOf } from "./labels.ts";

/** Everybody who sends under one job and instance. */
export interface Identity {
  readonly job: string;
  readonly instance: string;
  /** Names of who sent last and of who sent before; undefined at first. */
  last: readonly string[] | undefined;
  before: readonly string[] | undefined;
  /** Time of the first point of `last`. */
  sinceNs: number;
  /** Index of the names that tell the producers apart; -1 while there is no need to. */
  scheme: number;
}

/**
 * Finds two processes that send under one job and instance: their series would be one, jumping between two values. That they take turns (one, the
 * other, the first again) tells them from a restart; they are then told apart by what else their resources say.
 *
 * Sources: opentelemetry-collector-contrib issues 24054, 32484, 33310
 */
export class Producers {
  readonly #identities = new Map<string, Identity>();

  of(attributes: Attributes): Identity {
    const { job, instance } = identityOf(attributes);
    const key = JSON.stringify([job, instance]);
    let identity = this.#identities.get(key);
    if (identity === undefined) {
      identity = { job, instance, last: undefined, before: undefined, sinceNs: 0, scheme: -1 };
      this.#identities.set(key, identity);
    }
    return identity;
  }

  /** Notes who sends. True: it has just been found out that two take turns, and `scheme` says how to tell them apart. */
  note(identity: Identity, names: readonly string[], timeNs: number): boolean {
    const { last, before } = identity;
    if (last !== undefined && isSame(last, names)) return false;
    // Sent again, or sent late, by a process that has gone: that says nothing.
    if (timeNs <= identity.sinceNs) return false;
    const takesTurns = identity.scheme < 0 && last !== undefined && before !== undefined && isSame(before, names);
    if (takesTurns) identity.scheme = names.findIndex((name, index) => name !== "" && last[index] !== "" && last[index] !== name);
    identity.before = last;
    identity.last = names;
    identity.sinceNs = timeNs;
    return takesTurns && identity.scheme >= 0;
  }

  /** Forgets the identities that nobody has any more. */
  keep(used: ReadonlySet<Identity>): void {
    for (const [key, identity] of this.#identities) if (!used.has(identity)) this.#identities.delete(key);
  }
}

/** What could tell a process from another one on the same or another machine; "" where it is not said. The order is the one of preference. */
export function producerNames(attributes: Attributes): readonly string[] {
  const text = (key: string) => labelValue(attributes.get(key) ?? anyValue(""));
  const both = (first: string, second: string) => (first === "" || second === "" ? "" : `${first}:${second}`);
  const host = text("host.name");
  const pid = text("process.pid");
  const pod = text("k8s.pod.name");
  return [both(host, pid), text("container.id"), both(pod, pid), pod, text("k8s.pod.uid"), host, pid];
}

/** The resource under the name by which its producer can be told from the others of its job and instance. */
export function withOwnInstance(attributes: Attributes, { instance, scheme }: Identity): Attributes {
  if (scheme < 0) return attributes;
  const names = producerNames(attributes);
  const own = (names[scheme] as string) || names.find((name) => name !== "");
  if (own === undefined) return attributes;
  return attributes.with("service.instance.id", anyValue(instance === "" ? own : `${instance}/${own}`));
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.every((name, index) => name === b[index]);
}

import type { LoadItem } from "../../model/load-record.ts";
import type { WitnessIdentity } from "../../wire/witness/witness-batches.ts";
import type { CellSources } from "./cell-sources.ts";
import type { JoinTable } from "./join-table.ts";
import type { RecorderParts } from "./recorder-parts.ts";
import { recordSample, type SampleWitness } from "./sample-recorder.ts";
import { type RequestWitness, recordRequest, requestWitness } from "./witness-requests.ts";
import type { WitnessRecord, WitnessTable } from "./witness-table.ts";

/** A witness as the recorder knows it: what is looked up once for all that it says. */
interface Known {
  readonly record: WitnessRecord;
  readonly samples: SampleWitness;
  readonly requests: RequestWitness | undefined;
}

const MAX_WITNESSES = 500;

/** Reads what witnesses of our own receivers and files say: requests, samples, and what they say of the whole. */
export class WitnessItems {
  readonly #parts: RecorderParts;
  readonly #joins: JoinTable;
  readonly #witnesses: WitnessTable;
  readonly #sources: CellSources;
  readonly #runId: string;
  readonly #byIdentity = new WeakMap<WitnessIdentity, Known | "foreign">();
  readonly #known = new Map<string, Known>();

  constructor(options: {
    readonly parts: RecorderParts;
    readonly joins: JoinTable;
    readonly witnesses: WitnessTable;
    readonly sources: CellSources;
    readonly runId: string;
  }) {
    this.#parts = options.parts;
    this.#joins = options.joins;
    this.#witnesses = options.witnesses;
    this.#sources = options.sources;
    this.#runId = options.runId;
  }

  record(item: LoadItem, identity: WitnessIdentity): void {
    const known = this.#of(identity);
    if (known === "foreign") return;
    const { writer, losses, arrivedMs } = this.#parts;
    switch (item.kind) {
      case "request":
        if (known.requests === undefined) losses.add("requests", "requests of a witness that is no hop");
        else recordRequest(this.#parts, this.#joins, known.requests, item);
        return;
      case "sample":
        recordSample(this.#parts, known.samples, item);
        return;
      case "aggregate":
        known.record.heard(arrivedMs(), undefined);
        writer.addFacts({ aggregates: [{ witness: identity.name, item }] });
        return;
      case "threshold":
        writer.addFacts({ thresholds: [item] });
        return;
      case "run":
        writer.addFacts({ facts: [item] });
        return;
      case "note":
        writer.addFacts({ notes: [item] });
    }
  }

  #of(identity: WitnessIdentity): Known | "foreign" {
    const known = this.#byIdentity.get(identity);
    if (known !== undefined) return known;
    const found = identity.runId === "" || identity.runId === this.#runId ? this.#find(identity) : "foreign";
    this.#byIdentity.set(identity, found);
    return found;
  }

  #find(identity: WitnessIdentity): Known {
    const { hop, name, format, instance, durationMeans, correction, survivorsOnly, limits } = identity;
    const key = `${hop}\n${name}\n${format}\n${instance}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const record = this.#witnesses.of({ hop, name, format, durationMeans, correction, survivorsOnly, limits });
    const made: Known = {
      record,
      samples: { hop: hop === "host" ? undefined : hop, name, instance, record },
      requests: requestWitness(identity, record, this.#sources),
    };
    if (this.#known.size < MAX_WITNESSES) this.#known.set(key, made);
    return made;
  }
}

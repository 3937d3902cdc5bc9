import type { Attributes } from "../../model/attributes.ts";
import type { Hop } from "../../model/catalog.ts";
import type { CountSource } from "../../model/ledger.ts";
import type { Resource } from "../../model/resource.ts";
import type { CellSources } from "./cell-sources.ts";
import type { CellSource } from "./cell-table.ts";
import { cutText } from "./cut-text.ts";
import type { WitnessFacts, WitnessRecord, WitnessTable } from "./witness-table.ts";

/** The first of these that a resource has says which run it belongs to. */
const RUN_ID_KEYS = ["loadtest.run.id", "run.id", "testid", "test_id"] as const;
const INSTANCE_KEYS = ["service.instance.id", "k8s.pod.name", "host.name"] as const;
/** Services that pass requests on. */
const PROXY_SERVICE = /(?:^|[^a-z])(?:nginx|openresty|envoy|traefik|haproxy|caddy|apisix|kong)(?:[^a-z]|$)/i;
const MAX_SENDERS = 2000;
const MAX_NAME_CHARACTERS = 200;

/** A resource that sends telemetry of its own, and where what it says goes. */
export class Sender {
  readonly service: string;
  readonly instance: string;
  readonly isProxy: boolean;
  /** Tells it apart from all others; for keys. */
  readonly key: string;
  readonly #witnesses: WitnessTable;
  readonly #sources: CellSources;
  readonly #records = new Map<string, WitnessRecord>();
  readonly #cells = new Map<string, CellSource>();

  constructor(service: string, instance: string, witnesses: WitnessTable, sources: CellSources) {
    this.service = service;
    this.instance = instance;
    this.isProxy = PROXY_SERVICE.test(service);
    this.key = `${service}\n${instance}`;
    this.#witnesses = witnesses;
    this.#sources = sources;
  }

  /** The hop of the requests that it serves. */
  get serverHop(): "proxy" | "application" {
    return this.isProxy ? "proxy" : "application";
  }

  witness(hop: Hop | "host", facts?: Partial<WitnessFacts>): WitnessRecord {
    const known = this.#records.get(hop);
    if (known !== undefined) {
      if (facts !== undefined) known.learn(facts);
      return known;
    }
    const record = this.#witnesses.of({
      hop,
      name: this.service,
      format: "otlp",
      durationMeans: hop === "proxy" || hop === "application" ? "first_byte_in_to_last_byte_out" : "unknown",
      correction: "unknown",
      survivorsOnly: "unknown",
      limits: [],
      ...facts,
    });
    this.#records.set(hop, record);
    return record;
  }

  /** Who tells what belongs to no hop by itself: the generator if it is one, else a server. */
  bystander(): WitnessRecord {
    return this.#records.get("client") ?? this.witness(this.serverHop);
  }

  cells(hop: Hop, source: CountSource): CellSource {
    const key = `${hop} ${source}`;
    const known = this.#cells.get(key);
    if (known !== undefined) return known;
    const made = this.#sources.of(hop, source, this.service);
    this.#cells.set(key, made);
    return made;
  }
}

/** Who sent a resource. The answer is remembered for the resource object, which the items of one batch share. */
export class SenderTable {
  readonly #runId: string;
  readonly #witnesses: WitnessTable;
  readonly #sources: CellSources;
  readonly #byResource = new WeakMap<Resource, Sender | "foreign">();
  readonly #byName = new Map<string, Sender>();

  constructor(runId: string, witnesses: WitnessTable, sources: CellSources) {
    this.#runId = runId;
    this.#witnesses = witnesses;
    this.#sources = sources;
  }

  /** `foreign`: of another run. */
  of(resource: Resource): Sender | "foreign" {
    const known = this.#byResource.get(resource);
    if (known !== undefined) return known;
    const found = this.#find(resource.attributes);
    this.#byResource.set(resource, found);
    return found;
  }

  #find(attributes: Attributes): Sender | "foreign" {
    const runId = textOfFirst(attributes, RUN_ID_KEYS);
    if (runId !== "" && runId !== this.#runId) return "foreign";
    const service = cutText(attributes.getString("service.name") || "unknown_service", MAX_NAME_CHARACTERS);
    const instance = cutText(textOfFirst(attributes, INSTANCE_KEYS), MAX_NAME_CHARACTERS);
    const key = `${service}\n${instance}`;
    const known = this.#byName.get(key);
    if (known !== undefined) return known;
    const sender = new Sender(service, instance, this.#witnesses, this.#sources);
    if (this.#byName.size < MAX_SENDERS) this.#byName.set(key, sender);
    return sender;
  }
}

function textOfFirst(attributes: Attributes, keys: readonly string[]): string {
  for (const key of keys) {
    const value = attributes.get(key);
    if (value !== undefined && value.kind !== "empty") return typeof value.value === "object" ? "" : String(value.value);
  }
  return "";
}

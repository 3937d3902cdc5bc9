import { scanAttribute } from "./scan-attributes.ts";
import { readLength, readTag, skipBytes, skipUnknown, skipVarint, VARINT } from "./scan-cursor.ts";
import { RESOURCE_ROW, SCOPE_ROW, ScanColumns } from "./scan-tables.ts";

/*
 * Export…ServiceRequest  1 resource_… (repeated)
 * Resource…              1 resource, 2 scope_… (repeated), 3 schema_url, 1000 deprecated instrumentation_library_… (same layout as 2)
 * Scope…                 1 scope, 2 items (repeated), 3 schema_url
 * Resource               1 attributes, 2 dropped_attributes_count, 3 entity_refs
 * EntityRef              1 schema_url, 2 type, 3 id_keys (repeated), 4 description_keys (repeated)
 * InstrumentationScope   1 name, 2 version, 3 attributes, 4 dropped_attributes_count
 * Source: opentelemetry/proto/{common,resource,trace,metrics,logs}/v1/*.proto
 */

/** Field 1000, length-delimited. */
const DEPRECATED_SCOPE_TAG = 1000 * 8 + 2;

/** The three signals differ only in the item: a subclass scans that. */
export abstract class EnvelopeColumns extends ScanColumns {
  /** "Spans", "Metrics" or "Logs": how the messages are called. */
  readonly #word: string;

  constructor(word: string) {
    super();
    this.#word = word;
  }

  /** One span, metric or log record from `start` to `end`. */
  protected abstract scanItem(start: number, end: number, scope: number): void;

  protected scanRequest(): void {
    const { bytes } = this;
    const end = bytes.length;
    let position = 0;
    while (position < end) {
      position = readTag(bytes, position, end);
      const tag = VARINT[0] as number;
      if (tag === 0x0a) {
        position = readLength(bytes, position, end);
        const after = position + (VARINT[0] as number);
        this.#scanResourceItems(position, after);
        position = after;
      } else position = skipUnknown(bytes, position, end, tag, `Export${this.#word}ServiceRequest`);
    }
  }

  #scanResourceItems(start: number, end: number): void {
    const { bytes, resources } = this;
    const resource = resources.length;
    const row = resources.add();
    let position = start;
    let resourceSeen = false;
    while (position < end) {
      position = readTag(bytes, position, end);
      const tag = VARINT[0] as number;
      if (tag !== 0x0a && tag !== 0x12 && tag !== 0x1a && tag !== DEPRECATED_SCOPE_TAG) {
        position = skipUnknown(bytes, position, end, tag, `Resource${this.#word}`);
        continue;
      }
      position = readLength(bytes, position, end);
      const after = position + (VARINT[0] as number);
      if (tag === 0x0a) {
        if (resourceSeen) this.scattered = true;
        resourceSeen = true;
        scanResource(bytes, position, after);
        resources.words[row + RESOURCE_ROW.start] = position;
        resources.words[row + RESOURCE_ROW.end] = after;
      } else if (tag === 0x1a) {
        resources.words[row + RESOURCE_ROW.schemaUrlStart] = position;
        resources.words[row + RESOURCE_ROW.schemaUrlEnd] = after;
      } else {
        if (tag === DEPRECATED_SCOPE_TAG) this.deprecated = true;
        this.#scanScopeItems(position, after, resource);
      }
      position = after;
    }
  }

  #scanScopeItems(start: number, end: number, resource: number): void {
    const { bytes, scopes } = this;
    const scope = scopes.length;
    const row = scopes.add();
    scopes.words[row + SCOPE_ROW.resource] = resource;
    let position = start;
    let scopeSeen = false;
    while (position < end) {
      position = readTag(bytes, position, end);
      const tag = VARINT[0] as number;
      if (tag !== 0x0a && tag !== 0x12 && tag !== 0x1a) {
        position = skipUnknown(bytes, position, end, tag, `Scope${this.#word}`);
        continue;
      }
      position = readLength(bytes, position, end);
      const after = position + (VARINT[0] as number);
      if (tag === 0x12) this.scanItem(position, after, scope);
      else if (tag === 0x0a) {
        if (scopeSeen) this.scattered = true;
        scopeSeen = true;
        scanScope(bytes, position, after);
        scopes.words[row + SCOPE_ROW.start] = position;
        scopes.words[row + SCOPE_ROW.end] = after;
      } else {
        scopes.words[row + SCOPE_ROW.schemaUrlStart] = position;
        scopes.words[row + SCOPE_ROW.schemaUrlEnd] = after;
      }
      position = after;
    }
  }
}

function scanResource(bytes: Uint8Array, start: number, end: number): void {
  let position = start;
  while (position < end) {
    position = readTag(bytes, position, end);
    const tag = VARINT[0] as number;
    if (tag === 0x0a) position = scanAttribute(bytes, position, end);
    else if (tag === 0x1a) {
      position = readLength(bytes, position, end);
      const after = position + (VARINT[0] as number);
      scanEntityRef(bytes, position, after);
      position = after;
    } else if (tag === 0x10) position = skipVarint(bytes, position, end);
    else position = skipUnknown(bytes, position, end, tag, "Resource");
  }
}

function scanEntityRef(bytes: Uint8Array, start: number, end: number): void {
  let position = start;
  while (position < end) {
    position = readTag(bytes, position, end);
    const tag = VARINT[0] as number;
    if (tag === 0x0a || tag === 0x12 || tag === 0x1a || tag === 0x22) position = skipBytes(bytes, position, end);
    else position = skipUnknown(bytes, position, end, tag, "EntityRef");
  }
}

function scanScope(bytes: Uint8Array, start: number, end: number): void {
  let position = start;
  while (position < end) {
    position = readTag(bytes, position, end);
    const tag = VARINT[0] as number;
    if (tag === 0x0a || tag === 0x12) position = skipBytes(bytes, position, end);
    else if (tag === 0x1a) position = scanAttribute(bytes, position, end);
    else if (tag === 0x20) position = skipVarint(bytes, position, end);
    else position = skipUnknown(bytes, position, end, tag, "InstrumentationScope");
  }
}

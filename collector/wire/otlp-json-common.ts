import { type AnyValue, type Attributes, EMPTY_VALUE, type Value, type ValueKind } from "../model/attributes.ts";
import type { EntityRef, Resource, Scope } from "../model/resource.ts";
import { OPEN_ARRAY } from "./json-bytes.ts";
import { BadId } from "./json-error.ts";
import { JsonLiteral } from "./json-literal.ts";
import type { JsonReader } from "./json-reader.ts";
import { AttributeList, attributesOf, MAX_VALUE_DEPTH, type Mutable } from "./otlp-common.ts";

// Field names are those of the protobuf tables in lowerCamelCase (opentelemetry-proto: docs/specification.md, "JSON Protobuf Encoding").

export const TRACE_ID_DIGITS = 32;
export const SPAN_ID_DIGITS = 16;

/** Enum names in the order of their numbers, under their common prefix. */
export function enumNames(prefix: string, names: readonly string[]): ReadonlyMap<string, number> {
  return new Map(names.map((name, number) => [prefix + name, number]));
}

/** A `repeated KeyValue`. */
export function readJsonAttributes(reader: JsonReader): Attributes {
  return readKeyValues(reader, 0);
}

function readKeyValues(reader: JsonReader, depth: number): Attributes {
  let list: AttributeList | undefined;
  for (let more = reader.firstItem(); more; more = reader.nextItem()) {
    if (reader.isNull()) continue;
    list ??= new AttributeList();
    if (!readCompactKeyValue(reader, list)) readKeyValue(reader, list, depth);
  }
  if (list !== undefined) reader.notes.countDuplicates(list.keys);
  return attributesOf(list);
}

const KEY = new JsonLiteral('{"key":"');
const VALUE = new JsonLiteral(',"value":{"');
const STRING_VALUE = new JsonLiteral('stringValue":"');
const INT_VALUE = new JsonLiteral('intValue":');
const DOUBLE_VALUE = new JsonLiteral('doubleValue":');
const BOOL_VALUE = new JsonLiteral('boolValue":');

/**
 * The form in which serializers write nearly every attribute, `{"key":"…","value":{"stringValue":"…"}}`, recognised in one piece: most of a
 * request consists of them, and this is twice as fast as reading them field by field. False, with nothing taken, for any other form.
 */
function readCompactKeyValue(reader: JsonReader, list: AttributeList): boolean {
  const mark = reader.mark;
  const { invalidUtf8 } = reader.notes;
  if (!reader.takes(KEY)) return false;
  const key = reader.restOfString();
  if (reader.takes(VALUE)) {
    let kind: ValueKind = "empty";
    let value: Value = null;
    if (reader.takes(STRING_VALUE)) {
      kind = "string";
      value = reader.restOfString();
    } else if (reader.takes(INT_VALUE)) {
      kind = "int";
      if (!reader.isNull()) value = reader.int64();
    } else if (reader.takes(DOUBLE_VALUE)) {
      kind = "double";
      if (!reader.isNull()) value = reader.double();
    } else if (reader.takes(BOOL_VALUE)) {
      kind = "bool";
      if (!reader.isNull()) value = reader.bool();
    }
    if (value !== null && reader.takesEnds()) {
      list.keys.push(key);
      list.kinds.push(kind);
      list.values.push(value);
      return true;
    }
  }
  reader.goBack(mark);
  reader.notes.invalidUtf8 = invalidUtf8;
  return false;
}

function readKeyValue(reader: JsonReader, list: AttributeList, depth: number): void {
  const size = list.keys.length;
  let name = "";
  for (let key = reader.firstKey(); key !== undefined; key = reader.nextKey()) {
    if (key === "key") name = reader.string();
    else if (key === "value") {
      list.kinds.length = size;
      list.values.length = size;
      readAnyValueInto(reader, list.kinds, list.values, depth);
    } else reader.unknown("KeyValue", key);
  }
  list.keys.push(name);
  if (list.kinds.length === size) {
    list.kinds.push("empty");
    list.values.push(null);
  }
}

export function readJsonAnyValue(reader: JsonReader): AnyValue {
  const kinds: ValueKind[] = [];
  const values: Value[] = [];
  readAnyValueInto(reader, kinds, values, 0);
  return { kind: kinds[0], value: values[0] } as AnyValue;
}

/** A oneof: the last field wins, wherever they stand. */
function readAnyValueInto(reader: JsonReader, kinds: ValueKind[], values: Value[], depth: number): void {
  let kind: ValueKind = "empty";
  let value: Value = null;
  for (let key = reader.firstKey(); key !== undefined; key = reader.nextKey()) {
    switch (key) {
      case "stringValue":
        kind = "string";
        value = reader.string();
        break;
      case "intValue":
        kind = "int";
        value = reader.int64();
        break;
      case "boolValue":
        kind = "bool";
        value = reader.bool();
        break;
      case "doubleValue":
        kind = "double";
        value = reader.double();
        break;
      case "bytesValue":
        kind = "bytes";
        value = reader.base64();
        break;
      case "arrayValue":
        value = readNested(reader, depth + 1, "ArrayValue", readArray);
        kind = value === null ? "empty" : "array";
        break;
      case "kvlistValue":
        value = readNested(reader, depth + 1, "KeyValueList", readKeyValues);
        kind = value === null ? "empty" : "map";
        break;
      default:
        reader.unknown("AnyValue", key);
    }
  }
  kinds.push(kind);
  values.push(value);
}

/**
 * `{"values": […]}`, or the bare array that an early example of the specification showed (opentelemetry-proto: examples/events.json).
 * Null beyond the depth limit.
 */
function readNested<T extends Value>(reader: JsonReader, depth: number, message: string, read: (reader: JsonReader, depth: number) => T): T | null {
  if (depth > MAX_VALUE_DEPTH) {
    reader.skip();
    reader.notes.tooDeep++;
    return null;
  }
  if (reader.peek() === OPEN_ARRAY) return read(reader, depth);
  let value: T | undefined;
  for (let key = reader.firstKey(); key !== undefined; key = reader.nextKey()) {
    if (key === "values") value = read(reader, depth);
    else reader.unknown(message, key);
  }
  return value ?? (message === "ArrayValue" ? ([] as readonly AnyValue[] as T) : (attributesOf(undefined) as Value as T));
}

function readArray(reader: JsonReader, depth: number): readonly AnyValue[] {
  const kinds: ValueKind[] = [];
  const values: Value[] = [];
  for (let more = reader.firstItem(); more; more = reader.nextItem()) readAnyValueInto(reader, kinds, values, depth);
  return kinds.map((kind, index) => (kind === "empty" ? EMPTY_VALUE : ({ kind, value: values[index] } as AnyValue)));
}

export function readJsonResource(reader: JsonReader, resource: Mutable<Resource>): void {
  for (let key = reader.firstKey(); key !== undefined; key = reader.nextKey()) {
    if (key === "attributes") resource.attributes = readJsonAttributes(reader);
    else if (key === "droppedAttributesCount") resource.droppedAttributesCount = reader.uint32();
    else if (key === "entityRefs") resource.entityRefs = readEntityRefs(reader);
    else reader.unknown("Resource", key);
  }
}

function readEntityRefs(reader: JsonReader): EntityRef[] {
  const refs: EntityRef[] = [];
  for (let more = reader.firstItem(); more; more = reader.nextItem()) {
    if (reader.isNull()) continue;
    const ref = { schemaUrl: "", type: "", idKeys: [] as readonly string[], descriptionKeys: [] as readonly string[] };
    for (let key = reader.firstKey(); key !== undefined; key = reader.nextKey()) {
      if (key === "schemaUrl") ref.schemaUrl = reader.string();
      else if (key === "type") ref.type = reader.string();
      else if (key === "idKeys") ref.idKeys = readStrings(reader);
      else if (key === "descriptionKeys") ref.descriptionKeys = readStrings(reader);
      else reader.unknown("EntityRef", key);
    }
    refs.push(ref);
  }
  return refs;
}

function readStrings(reader: JsonReader): string[] {
  const strings: string[] = [];
  for (let more = reader.firstItem(); more; more = reader.nextItem()) strings.push(reader.string());
  return strings;
}

export function readJsonScope(reader: JsonReader, scope: Mutable<Scope>): void {
  for (let key = reader.firstKey(); key !== undefined; key = reader.nextKey()) {
    if (key === "name") scope.name = reader.string();
    else if (key === "version") scope.version = reader.string();
    else if (key === "attributes") scope.attributes = readJsonAttributes(reader);
    else if (key === "droppedAttributesCount") scope.droppedAttributesCount = reader.uint32();
    else reader.unknown("InstrumentationScope", key);
  }
}

/** The ids of one message; the first bad one condemns it. */
export class JsonIds {
  bad: BadId | undefined;

  traceId(reader: JsonReader): string {
    return this.#take(reader.id(TRACE_ID_DIGITS));
  }

  spanId(reader: JsonReader): string {
    return this.#take(reader.id(SPAN_ID_DIGITS));
  }

  #take(id: string | BadId): string {
    if (!(id instanceof BadId)) return id;
    this.bad ??= id;
    return "";
  }
}

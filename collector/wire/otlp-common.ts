import { type AnyValue, Attributes, EMPTY_VALUE, type Value, type ValueKind } from "../model/attributes.ts";
import type { EntityRef, Resource, Scope } from "../model/resource.ts";
import type { Reader } from "./protobuf.ts";

/** Arrays and maps may stand this deep in an attribute's value; what is deeper becomes empty and is counted. */
export const MAX_VALUE_DEPTH = 64;

/** An object under construction: items hold on to it before all its fields are read, since protobuf and JSON fix no order. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The parallel arrays that become an `Attributes`. */
export class AttributeList {
  readonly keys: string[] = [];
  readonly kinds: ValueKind[] = [];
  readonly values: Value[] = [];
}

/** Takes the list's arrays over. */
export function attributesOf(list: AttributeList | undefined): Attributes {
  return list === undefined || list.keys.length === 0 ? Attributes.EMPTY : new Attributes(list.keys, list.kinds, list.values);
}

/*
 * KeyValue (opentelemetry-proto: opentelemetry/proto/common/v1/common.proto)
 *   1 key    string
 *   2 value  message AnyValue
 */
/** Reads one entry of a `repeated KeyValue` field onto the list, which is made at the first one. */
export function readKeyValue(reader: Reader, list: AttributeList | undefined, depth = 0): AttributeList {
  const into = list ?? new AttributeList();
  const outer = reader.open();
  let key = "";
  let hasValue = false;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag === 10) key = reader.string();
    else if (tag === 18) {
      if (hasValue) {
        into.kinds.pop();
        into.values.pop();
      }
      hasValue = true;
      readAnyValueInto(reader, into.kinds, into.values, depth);
    } else reader.unknown("KeyValue", tag);
  }
  reader.close(outer);
  into.keys.push(key);
  if (!hasValue) {
    into.kinds.push("empty");
    into.values.push(null);
  }
  return into;
}

/** `attributesOf`, with repeated keys counted. */
export function finishAttributes(reader: Reader, list: AttributeList | undefined): Attributes {
  if (list !== undefined) reader.notes?.countDuplicates(list.keys);
  return attributesOf(list);
}

export function readAnyValue(reader: Reader): AnyValue {
  const kinds: ValueKind[] = [];
  const values: Value[] = [];
  readAnyValueInto(reader, kinds, values, 0);
  return { kind: kinds[0], value: values[0] } as AnyValue;
}

/*
 * AnyValue (opentelemetry/proto/common/v1/common.proto): a oneof, the last field wins
 *   1 string_value  string
 *   2 bool_value    varint
 *   3 int_value     varint (int64)
 *   4 double_value  fixed64
 *   5 array_value   message ArrayValue
 *   6 kvlist_value  message KeyValueList
 *   7 bytes_value   bytes
 */
/** Appends the kind and the value; no object is made for a plain one. */
function readAnyValueInto(reader: Reader, kinds: ValueKind[], values: Value[], depth: number): void {
  const outer = reader.open();
  let kind: ValueKind = "empty";
  let value: Value = null;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        kind = "string";
        value = reader.string();
        break;
      case 16:
        kind = "bool";
        value = reader.bool();
        break;
      case 24:
        kind = "int";
        value = reader.int64();
        break;
      case 33:
        kind = "double";
        value = reader.double();
        break;
      case 42:
        kind = "array";
        value = readArray(reader, depth + 1);
        break;
      case 50:
        kind = "map";
        value = readMap(reader, depth + 1);
        break;
      case 58:
        kind = "bytes";
        value = reader.copyBytes();
        break;
      default:
        reader.unknown("AnyValue", tag);
        continue;
    }
    if (value === null) kind = "empty";
  }
  reader.close(outer);
  kinds.push(kind);
  values.push(value);
}

/** ArrayValue: 1 values, repeated message AnyValue. Null beyond the depth limit. */
function readArray(reader: Reader, depth: number): AnyValue[] | null {
  if (depth > MAX_VALUE_DEPTH) return skipTooDeep(reader);
  const outer = reader.open();
  const kinds: ValueKind[] = [];
  const values: Value[] = [];
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag === 10) readAnyValueInto(reader, kinds, values, depth);
    else reader.unknown("ArrayValue", tag);
  }
  reader.close(outer);
  return kinds.map((kind, index) => (kind === "empty" ? EMPTY_VALUE : ({ kind, value: values[index] } as AnyValue)));
}

/** KeyValueList: 1 values, repeated message KeyValue. Null beyond the depth limit. */
function readMap(reader: Reader, depth: number): Attributes | null {
  if (depth > MAX_VALUE_DEPTH) return skipTooDeep(reader);
  const outer = reader.open();
  let list: AttributeList | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag === 10) list = readKeyValue(reader, list, depth);
    else reader.unknown("KeyValueList", tag);
  }
  reader.close(outer);
  return finishAttributes(reader, list);
}

function skipTooDeep(reader: Reader): null {
  reader.skip(2);
  if (reader.notes !== undefined) reader.notes.tooDeep++;
  return null;
}

/*
 * Resource (opentelemetry/proto/resource/v1/resource.proto)
 *   1 attributes                repeated message KeyValue
 *   2 dropped_attributes_count  varint (uint32)
 *   3 entity_refs               repeated message EntityRef
 */
/** Reads into `resource`; a second occurrence adds to the first, as protobuf merges messages. */
export function readResource(reader: Reader, resource: Mutable<Resource>): void {
  const outer = reader.open();
  let list: AttributeList | undefined;
  const entityRefs: EntityRef[] = [];
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag === 10) list = readKeyValue(reader, list);
    else if (tag === 16) resource.droppedAttributesCount = reader.varint32();
    else if (tag === 26) entityRefs.push(readEntityRef(reader));
    else reader.unknown("Resource", tag);
  }
  reader.close(outer);
  resource.attributes = joined(resource.attributes, finishAttributes(reader, list));
  if (entityRefs.length > 0) resource.entityRefs = [...resource.entityRefs, ...entityRefs];
}

/*
 * EntityRef (opentelemetry/proto/common/v1/common.proto)
 *   1 schema_url        string
 *   2 type              string
 *   3 id_keys           repeated string
 *   4 description_keys  repeated string
 */
function readEntityRef(reader: Reader): EntityRef {
  const outer = reader.open();
  const ref = { schemaUrl: "", type: "", idKeys: [] as string[], descriptionKeys: [] as string[] };
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag === 10) ref.schemaUrl = reader.string();
    else if (tag === 18) ref.type = reader.string();
    else if (tag === 26) ref.idKeys.push(reader.string());
    else if (tag === 34) ref.descriptionKeys.push(reader.string());
    else reader.unknown("EntityRef", tag);
  }
  reader.close(outer);
  return ref;
}

/*
 * InstrumentationScope (opentelemetry/proto/common/v1/common.proto); the older InstrumentationLibrary had fields 1 and 2
 *   1 name                      string
 *   2 version                   string
 *   3 attributes                repeated message KeyValue
 *   4 dropped_attributes_count  varint (uint32)
 */
export function readScope(reader: Reader, scope: Mutable<Scope>): void {
  const outer = reader.open();
  let list: AttributeList | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag === 10) scope.name = reader.string();
    else if (tag === 18) scope.version = reader.string();
    else if (tag === 26) list = readKeyValue(reader, list);
    else if (tag === 32) scope.droppedAttributesCount = reader.varint32();
    else reader.unknown("InstrumentationScope", tag);
  }
  reader.close(outer);
  scope.attributes = joined(scope.attributes, finishAttributes(reader, list));
}

export function newResource(): Mutable<Resource> {
  return { attributes: Attributes.EMPTY, droppedAttributesCount: 0, entityRefs: [], schemaUrl: "" };
}

export function newScope(): Mutable<Scope> {
  return { name: "", version: "", attributes: Attributes.EMPTY, droppedAttributesCount: 0, schemaUrl: "" };
}

function joined(first: Attributes, second: Attributes): Attributes {
  if (first.size === 0) return second;
  return second.size === 0 ? first : Attributes.of([...first, ...second]);
}

import type { AnyValue, Attributes } from "../model/attributes.ts";
import type { EntityRef, Resource, Scope } from "../model/resource.ts";
import type { Writer } from "./protobuf-writer.ts";

// The field tables stand before the readers in otlp-common.ts. Fields go last first: see `Writer`.

/** A `repeated KeyValue` field; the table is the one of `readKeyValue`. The value is written even when empty, as Go's writer does. */
export function writeAttributes(writer: Writer, tag: number, attributes: Attributes): void {
  const { keys, kinds, values } = attributes;
  for (let index = keys.length - 1; index >= 0; index--) {
    const before = writer.size;
    writeAnyValue(writer, 18, { kind: kinds[index], value: values[index] } as AnyValue);
    writer.optionalString(10, keys[index] as string);
    writer.message(tag, before);
  }
}

/** The table is the one of `readAnyValue`. */
export function writeAnyValue(writer: Writer, tag: number, any: AnyValue): void {
  const before = writer.size;
  switch (any.kind) {
    case "empty":
      break;
    case "string":
      writer.stringField(10, any.value);
      break;
    case "bool":
      writer.varint(any.value ? 1 : 0);
      writer.varint(16);
      break;
    case "int":
      writer.varint64(any.value);
      writer.varint(24);
      break;
    case "double":
      writer.double(any.value);
      writer.varint(33);
      break;
    case "bytes":
      writer.bytesField(58, any.value);
      break;
    case "array": {
      const inner = writer.size;
      for (let index = any.value.length - 1; index >= 0; index--) writeAnyValue(writer, 10, any.value[index] as AnyValue);
      writer.message(42, inner);
      break;
    }
    case "map": {
      const inner = writer.size;
      writeAttributes(writer, 10, any.value);
      writer.message(50, inner);
      break;
    }
  }
  writer.message(tag, before);
}

/** Left away when nothing is known of the resource. */
export function writeResource(writer: Writer, tag: number, resource: Resource): void {
  const before = writer.size;
  for (let index = resource.entityRefs.length - 1; index >= 0; index--) {
    const ref = resource.entityRefs[index] as EntityRef;
    const inner = writer.size;
    for (const key of ref.descriptionKeys.toReversed()) writer.stringField(34, key);
    for (const key of ref.idKeys.toReversed()) writer.stringField(26, key);
    writer.optionalString(18, ref.type);
    writer.optionalString(10, ref.schemaUrl);
    writer.message(26, inner);
  }
  writer.optionalInt(16, resource.droppedAttributesCount);
  writeAttributes(writer, 10, resource.attributes);
  if (writer.size > before) writer.message(tag, before);
}

/** Left away when nothing is known of the scope. */
export function writeScope(writer: Writer, tag: number, scope: Scope): void {
  const before = writer.size;
  writer.optionalInt(32, scope.droppedAttributesCount);
  writeAttributes(writer, 26, scope.attributes);
  writer.optionalString(18, scope.version);
  writer.optionalString(10, scope.name);
  if (writer.size > before) writer.message(tag, before);
}

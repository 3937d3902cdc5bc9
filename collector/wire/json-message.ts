import { JsonLiteral } from "./json-literal.ts";

/** How a field's JSON becomes protobuf. "Packed" lists are arrays of numbers; ids are hex in JSON and bytes in protobuf. */
export type FieldKind =
  | "text"
  | "texts"
  | "id"
  | "bool"
  | "uint32"
  | "sint32"
  | "enumeration"
  | "int64"
  | "fixed32"
  | "fixed64"
  | "sfixed64"
  | "double"
  | "bytes"
  | "packedFixed64"
  | "packedUint64"
  | "packedDouble"
  | "attributes"
  | "one"
  | "many"
  /** A message that counts as one more level of nesting; its array may stand there without it. */
  | "nested"
  | "droppedLinks";

/** One row of a message's table, before it has its name. */
export interface FieldSpec {
  readonly kind: FieldKind;
  /** Field number × 8 + wire type. */
  readonly tag: number;
  /** Written even at its default: members of a oneof, and `optional` fields. */
  readonly present?: boolean;
  /** Of an id. */
  readonly sizeBytes?: number;
  /** Of an enum: numbers by name. */
  readonly names?: ReadonlyMap<string, number>;
  /** Called when it is needed, since messages may hold themselves. */
  readonly message?: () => Message;
}

/** A field of a message. All are of one shape, whatever their kind. */
export class Field {
  readonly kind: FieldKind;
  readonly tag: number;
  readonly present: boolean;
  readonly sizeBytes: number;
  readonly names: ReadonlyMap<string, number>;
  /** Its own bit among the fields of its message. */
  readonly bit: number;
  /** `"name":`, as it stands in compact JSON. */
  readonly literal: JsonLiteral;
  /** The field that stood behind this one last time: senders always write them in one order. */
  follower: Field | undefined = undefined;
  /** Bytes that the length of a packed list took last time. */
  width = 1;
  readonly #message: () => Message;

  constructor(name: string, bit: number, spec: FieldSpec) {
    this.kind = spec.kind;
    this.tag = spec.tag;
    this.present = spec.present ?? false;
    this.sizeBytes = spec.sizeBytes ?? 0;
    this.names = spec.names ?? new Map();
    this.bit = bit;
    this.literal = new JsonLiteral(`"${name}":`);
    this.#message = spec.message ?? noMessage;
  }

  get message(): Message {
    return this.#message();
  }
}

function noMessage(): never {
  throw new TypeError("this field holds no message");
}

export interface MessageOptions {
  /** What a bad id costs; without this the message has none. */
  readonly badIdCosts?: "item" | "link" | "exemplar";
  /** The whole message is a oneof. */
  readonly oneof?: boolean;
  /** Names of former versions, each with the name of today. */
  readonly aliases?: Readonly<Record<string, string>>;
}

/** A message's table: its fields by JSON name. */
export class Message {
  /** Under which unknown fields are counted. */
  readonly name: string;
  readonly oneof: boolean;
  readonly badIdCosts: MessageOptions["badIdCosts"];
  /** Stands before the first field. */
  readonly begin: Field;
  /** Bytes that the message's length took last time. */
  width = 1;
  readonly #fields = new Map<string, Field>();

  constructor(name: string, fields: Readonly<Record<string, FieldSpec>>, options: MessageOptions = {}) {
    this.name = name;
    this.oneof = options.oneof ?? false;
    this.badIdCosts = options.badIdCosts;
    this.begin = new Field("begin", 0, { kind: "text", tag: 0 });
    for (const [index, [fieldName, spec]] of Object.entries(fields).entries()) this.#fields.set(fieldName, new Field(fieldName, 1 << index, spec));
    for (const [old, today] of Object.entries(options.aliases ?? {})) this.#fields.set(old, this.#fields.get(today) as Field);
  }

  /** By the name in lowerCamelCase. */
  field(name: string): Field | undefined {
    return this.#fields.get(name);
  }
}

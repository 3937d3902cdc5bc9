import { LoadError } from "../model/errors.ts";

/** E_JSON with the place of the mistake: `path` is "" for the document itself. Fits into a `BadRequest` as it is. */
export class JsonError extends LoadError {
  readonly path: string;
  readonly fieldViolations: readonly { readonly field: string; readonly description: string }[];

  constructor(path: string, description: string) {
    super("E_JSON", path === "" ? `Not OTLP/JSON: ${description}.` : `Not OTLP/JSON: ${path}: ${description}.`);
    this.path = path;
    this.fieldViolations = [{ field: path, description }];
  }
}

/** An id that is none: the decoder decides what becomes of the item. */
export class BadId {
  readonly text: string;
  readonly wantedDigits: number;
  /** Byte of the document at which it stands. */
  readonly offset: number;

  constructor(text: string, wantedDigits: number, offset: number) {
    this.text = text;
    this.wantedDigits = wantedDigits;
    this.offset = offset;
  }

  /** A sender that used a plain protobuf-to-JSON library: as many bytes as the id has, but not in hex. */
  get looksLikeBase64(): boolean {
    const sizeBytes = this.wantedDigits / 2;
    return /^[A-Za-z0-9+/_-]+={0,2}$/.test(this.text) && Math.floor((this.text.replace(/=+$/, "").length * 3) / 4) === sizeBytes;
  }

  get problem(): string {
    const shown = `"${this.text.slice(0, 40)}"`;
    if (this.looksLikeBase64) return `${shown}: this looks like base64; OTLP/JSON wants hex`;
    return `${shown} is not an id of ${this.wantedDigits} hex digits`;
  }
}

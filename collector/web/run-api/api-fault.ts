/** The body of every answer of 400 and above. */
export interface FaultBody {
  readonly error: { readonly code: string; readonly message: string; readonly field?: string; readonly hint?: string };
}

/** An answer that is not what was asked for. `code` is for programs and never renamed. */
export class ApiFault extends Error {
  override readonly name = "ApiFault";
  readonly status: number;
  readonly body: FaultBody;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    options: { readonly field?: string | undefined; readonly hint?: string | undefined; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.status = status;
    this.headers = options.headers ?? {};
    const { field, hint } = options;
    this.body = { error: { code, message, ...(field === undefined ? {} : { field }), ...(hint === undefined ? {} : { hint }) } };
  }
}

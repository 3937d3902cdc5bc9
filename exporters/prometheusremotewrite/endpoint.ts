import type { WriteBatch, WriteEncoder } from "../../collector/wire/remote-write-batch.ts";
import type { HttpAnswer } from "../http-target.ts";
import type { Dialect } from "./dialect.ts";
import { judgeAnswer, type Verdict } from "./judge-answer.ts";
import type { EncodedBody, WriteRequest, WriteVersion } from "./write-request.ts";

export interface EndpointParts {
  readonly dialect: Dialect;
  readonly encoders: Readonly<Record<WriteVersion, WriteEncoder>>;
  /** What of a batch remote write 1.0 cannot say, said in its words. */
  readonly lower: (batch: WriteBatch) => WriteBatch;
  /** Sends one body. Rejects where no whole answer came. */
  readonly post: (headers: Readonly<Record<string, string>>, body: Uint8Array) => Promise<HttpAnswer>;
  readonly origin: string;
  /** Wall-clock ms, for dates in Retry-After. */
  readonly nowMs: () => number;
}

/** The receiver: encodes a request in the version it speaks, sends it once, and says what the answer means. */
export class Endpoint {
  readonly #parts: EndpointParts;

  constructor(parts: EndpointParts) {
    this.#parts = parts;
  }

  /** The request's body, made at the first call. */
  encode(request: WriteRequest): EncodedBody {
    request.body ??= this.#encodeIn(request, this.#parts.dialect.version);
    return request.body;
  }

  /** One attempt; where the receiver turns out to speak the other version, the attempt in that one too. Never rejects. */
  async send(request: WriteRequest): Promise<Exclude<Verdict, { kind: "downgrade" }>> {
    const { dialect } = this.#parts;
    let isDowngraded = false;
    for (;;) {
      if (request.body?.version === 2 && dialect.version === 1) request.body = this.#encodeIn(request, 1);
      const body = this.encode(request);
      const verdict = await this.#attempt(request, body);
      if (verdict.kind !== "downgrade") {
        // That a 1.0 body from disk is taken does not say whether 2.0 would be.
        const isProof = body.version === 1 ? isDowngraded || dialect.version === 1 : verdict.kind === "taken" && verdict.reason === "partial_write";
        if (verdict.kind === "taken" && isProof) dialect.proven(body.version, "2.0 was turned down, 1.0 was taken");
        return verdict;
      }
      isDowngraded = true;
      if (verdict.isSure) dialect.settleOn1(verdict.words);
      request.body = this.#encodeIn(request, 1);
    }
  }

  #encodeIn({ columns }: WriteRequest, version: WriteVersion): EncodedBody {
    if (columns === undefined) throw new RangeError("a 1.0 body stays as it is");
    const { encoders, lower } = this.#parts;
    return { version, bytes: encoders[version].encode(version === 1 ? lower(columns) : columns) };
  }

  async #attempt(request: WriteRequest, { version, bytes }: EncodedBody): Promise<Verdict> {
    const { dialect, post, origin, nowMs } = this.#parts;
    const retry = request.attempts++;
    try {
      const answer = await post({ ...HEADERS[version], ...(retry > 0 ? { "retry-attempt": String(retry) } : {}) }, bytes);
      const { mayDowngrade, isProven } = dialect;
      return judgeAnswer({ version, counts: request.counts, mayDowngrade, isProven }, answer, nowMs());
    } catch (error) {
      return { kind: "again", retryAfterMs: 0, isFault: false, words: `${origin} cannot be reached: ${networkWords(error)}` };
    }
  }
}

/** Reserved: users cannot set these. Source: remote_write_spec.md and remote_write_spec_2_0.md, "Protocol". */
const HEADERS: Readonly<Record<WriteVersion, Readonly<Record<string, string>>>> = {
  1: {
    "content-encoding": "snappy",
    "content-type": "application/x-protobuf",
    "user-agent": "Pitwall",
    "x-prometheus-remote-write-version": "0.1.0",
  },
  2: {
    "content-encoding": "snappy",
    "content-type": "application/x-protobuf;proto=io.prometheus.write.v2.Request",
    "user-agent": "Pitwall",
    "x-prometheus-remote-write-version": "2.0.0",
  },
};

/** Of connects to several addresses Node reports an AggregateError with an empty message. */
function networkWords(error: unknown): string {
  if (error instanceof AggregateError) return [...new Set(error.errors.map(networkWords))].join("; ");
  return error instanceof Error ? error.message : String(error);
}

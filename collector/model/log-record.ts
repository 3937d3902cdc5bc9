import type { AnyValue, Attributes } from "./attributes.ts";
import type { Resource, Scope } from "./resource.ts";
import type { UnixNano } from "./time.ts";

/** opentelemetry/proto/logs/v1/logs.proto `LogRecord`. Ids are lower-case hex, "" when unset. */
export interface LogRecord {
  readonly resource: Resource;
  readonly scope: Scope;
  readonly timeUnixNano: UnixNano;
  readonly observedUnixNano: UnixNano;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly eventName: string;
  readonly body: AnyValue;
  readonly attributes: Attributes;
  readonly droppedAttributesCount: number;
  readonly flags: number;
  readonly traceId: string;
  readonly spanId: string;
}

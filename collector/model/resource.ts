import type { Attributes } from "./attributes.ts";

/** A reference from a resource to an entity (opentelemetry/proto/common/v1/common.proto `EntityRef`). */
export interface EntityRef {
  readonly schemaUrl: string;
  readonly type: string;
  readonly idKeys: readonly string[];
  readonly descriptionKeys: readonly string[];
}

/** Who sent it. Items of one `Resource…` message share one object: compare by identity to group them again. */
export interface Resource {
  readonly attributes: Attributes;
  readonly droppedAttributesCount: number;
  readonly entityRefs: readonly EntityRef[];
  /** Of the enclosing `ResourceSpans`/`ResourceMetrics`/`ResourceLogs`. */
  readonly schemaUrl: string;
}

/** The instrumentation scope; shared by identity like the resource. */
export interface Scope {
  readonly name: string;
  readonly version: string;
  readonly attributes: Attributes;
  readonly droppedAttributesCount: number;
  /** Of the enclosing `ScopeSpans`/`ScopeMetrics`/`ScopeLogs`. */
  readonly schemaUrl: string;
}

/** A span as the walk needs it; times in ms. */
export interface PathSpan {
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly startMs: number;
  readonly endMs: number;
  /** Whether it is a call of the store. */
  readonly isStore: boolean;
  /** PRODUCER or CONSUMER: nobody waits for it. */
  readonly isAsync: boolean;
}

export interface PathTimes {
  /** ms of the root's time that its direct children were waited for. */
  readonly childrenMs: number;
  /** ms of it that went by in calls of the store, at whatever depth. */
  readonly storeMs: number;
}

/** Deeper nesting is no request but a loop of wrong parents. */
const MAX_DEPTH = 64;

/**
 * How long the root waited for others: from its end backwards, always to the child that finished last before the moment reached; children
 * that overlap that one ran beside it and cost nothing. Children are clipped to their parent; asynchronous ones and theirs are left out.
 * Source: jaegertracing/jaeger-ui packages/jaeger-ui/src/components/TracePage/CriticalPath.
 */
export function criticalPath(root: PathSpan, spans: readonly PathSpan[]): PathTimes {
  const children = new Map<string, PathSpan[]>();
  for (const span of spans) {
    if (span === root || span.isAsync || span.parentSpanId === "" || span.parentSpanId === span.spanId) continue;
    const siblings = children.get(span.parentSpanId);
    if (siblings === undefined) children.set(span.parentSpanId, [span]);
    else siblings.push(span);
  }
  for (const siblings of children.values()) siblings.sort((a, b) => b.endMs - a.endMs);
  let storeMs = 0;
  const walk = (parent: PathSpan, fromMs: number, toMs: number, depth: number): number => {
    let reached = toMs;
    let waited = 0;
    for (const child of children.get(parent.spanId) ?? []) {
      const [start, end] = [Math.max(child.startMs, fromMs), Math.min(child.endMs, toMs)];
      if (end > reached || end <= start) continue;
      waited += end - start;
      if (child.isStore) storeMs += end - start;
      else if (depth < MAX_DEPTH) walk(child, start, end, depth + 1);
      reached = start;
    }
    return waited;
  };
  const childrenMs = walk(root, root.startMs, root.endMs, 0);
  return { childrenMs, storeMs };
}

import type { Signal } from "../model/batch.ts";
import type { Outlet } from "./define.ts";
import { Rejected, type Sink } from "./sink.ts";

/** One sink per signal, seen as one. What belongs to no pipeline is rejected with the reason `no_pipeline`. */
export function outlet(ways: ReadonlyMap<Signal, Sink>): Outlet {
  return {
    signals: new Set(ways.keys()),
    push(batch) {
      const way = ways.get(batch.signal);
      if (way !== undefined) return way.push(batch);
      return Promise.reject(new Rejected(`no pipeline takes ${batch.signal}`, { items: batch.count, reason: "no_pipeline" }));
    },
  };
}

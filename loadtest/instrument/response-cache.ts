import type { Meter } from "@opentelemetry/api";
import { type CatalogMetric, METRICS } from "../../collector/model/catalog.ts";
import { catalogCounter, catalogHistogram, catalogObservable } from "./catalog-instrument.ts";

export interface CachedJson {
  /** The pre-serialised JSON, shared by all readers: not to be changed. */
  readonly json: Buffer;
  readonly hit: boolean;
}

export interface ResponseCache {
  /** The cached JSON while it is fresh; else waits for a rebuild, one for all that ask meanwhile. Rejects as the rebuild does; nothing is cached then. */
  read(): Promise<CachedJson>;
  /** What is cached is out of date, and so is a rebuild under way: its waiters get it, later readers do not. */
  invalidate(): void;
}

export interface ResponseCacheOptions {
  readonly ttlMs: number;
  /** Gives the value whose JSON is cached. */
  readonly rebuild: () => Promise<unknown>;
  /** Monotonic ms; for tests. */
  readonly now?: () => number;
}

/**
 * A cache of one response as serialised bytes with the metrics `<name>.cache.hits`, `.misses`, `.rebuilds`, `.rebuild.duration` and
 * `.data_json_bytes`; `genarrative.puzzle_gallery` gives those of the catalogue.
 */
export function responseCache(meter: Meter, name: string, options: ResponseCacheOptions): ResponseCache {
  const now = options.now ?? (() => performance.now());
  const metrics = cacheInstruments(meter, name);
  let cached: { readonly json: Buffer; readonly freshUntil: number } | undefined;
  let underWay: Promise<Buffer> | undefined;
  let generation = 0;
  metrics.bytes.addCallback((result) => {
    if (cached !== undefined) result.observe(cached.json.length);
  });

  async function rebuild(): Promise<Buffer> {
    const begun = now();
    const ofGeneration = generation;
    metrics.rebuilds.add(1);
    const json = Buffer.from(JSON.stringify(await options.rebuild()));
    const ended = now();
    metrics.duration.record(ended - begun);
    if (ofGeneration === generation) cached = { json, freshUntil: ended + options.ttlMs };
    return json;
  }

  return {
    async read() {
      if (cached !== undefined && now() < cached.freshUntil) {
        metrics.hits.add(1);
        return { json: cached.json, hit: true };
      }
      metrics.misses.add(1);
      if (underWay === undefined) {
        const mine = rebuild().finally(() => {
          if (underWay === mine) underWay = undefined;
        });
        underWay = mine;
      }
      return { json: await underWay, hit: false };
    },
    invalidate() {
      generation++;
      cached = undefined;
      underWay = undefined;
    },
  };
}

function cacheInstruments(meter: Meter, name: string) {
  const named = (metric: CatalogMetric): CatalogMetric => ({ ...metric, name: metric.name.replace("genarrative.puzzle_gallery", name) });
  return {
    hits: catalogCounter(meter, named(METRICS.puzzleGalleryCacheHits)),
    misses: catalogCounter(meter, named(METRICS.puzzleGalleryCacheMisses)),
    rebuilds: catalogCounter(meter, named(METRICS.puzzleGalleryCacheRebuilds)),
    duration: catalogHistogram(meter, named(METRICS.puzzleGalleryCacheRebuildDuration)),
    bytes: catalogObservable(meter, named(METRICS.puzzleGalleryCacheDataJsonBytes)),
  };
}

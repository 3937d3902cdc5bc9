import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Names, QueriedKey } from "./names.ts";
import { page } from "./page.ts";
import { heatmap, type PanelPlan, type Query, timeSeries } from "./panels.ts";
import { orZero, perSecond, quantile, SELECTED, select, share, sum } from "./promql.ts";

/** The server from inside: permits first, because they are what a spike runs out of. */
export function apiServer(names: Names): Dashboard {
  const panels = new ApiServerPanels(names);
  return page(names, {
    uid: "loadtest-api-server",
    description: "What the server says about itself under load: permits, cache, store, memory, descriptors, and how it answers.",
    servers: `${names("httpServerRequestDuration")}_count`,
    sections: [
      {
        title: "Back-pressure",
        rows: [
          { height: 9, panels: [panels.permits(), panels.tooManyRequests()] },
          { height: 8, panels: [panels.bodiesInFlight(), panels.requestsByStatus()] },
        ],
      },
      {
        title: "Latency",
        rows: [{ height: 9, panels: [panels.latency(), panels.latencyHeatmap()] }],
      },
      {
        title: "Puzzle gallery cache",
        rows: [
          { height: 8, panels: [panels.cacheRequests(), panels.cacheHitShare()] },
          { height: 8, panels: [panels.rebuilds(), panels.rebuildDuration(), panels.jsonBytes()] },
        ],
      },
      {
        title: "Store reads",
        rows: [{ height: 8, panels: [panels.storeReads(), panels.storeDuration()] }],
      },
      {
        title: "Process",
        rows: [{ height: 8, panels: [panels.memory(), panels.threads(), panels.descriptors()] }],
      },
    ],
  });
}

class ApiServerPanels {
  readonly #names: Names;

  constructor(names: Names) {
    this.#names = names;
  }

  permits(): PanelPlan {
    return timeSeries({
      title: "Request permits",
      description:
        "Permits left; at 0 further requests are answered with 429. `least` is the lowest since the export before and shows dips that fall between two exports. The dashed line is the limit (GENARRATIVE_API_MAX_CONCURRENT_REQUESTS).",
      unit: "short",
      limits: /^limit /,
      queries: [
        this.#count("requestPermitsAvailable", "available"),
        this.#count("requestPermitsAvailableMin", "least"),
        this.#count("requestPermitsLimit", "limit"),
      ],
    });
  }

  tooManyRequests(): PanelPlan {
    return timeSeries({
      title: "Answered with 429",
      description: "Requests turned away for lack of permits: working back-pressure, not a fault. 0 where there was none so far.",
      unit: "reqps",
      queries: [{ expr: orZero(sum(perSecond(this.#series(`${this.#duration}_count`, 'http_response_status_code="429"')))), legend: "429" }],
    });
  }

  bodiesInFlight(): PanelPlan {
    return timeSeries({
      title: "Response bodies in flight",
      description: "Bodies begun and not yet handed over in full. Low while memory is high: the memory is not in the handlers.",
      unit: "short",
      queries: [this.#count("responseBodiesInFlight", "in flight")],
    });
  }

  requestsByStatus(): PanelPlan {
    return timeSeries({
      title: "Requests by status",
      description: "Completed requests per second, by status.",
      unit: "reqps",
      isStacked: true,
      queries: [
        { expr: sum(perSecond(this.#series(`${this.#duration}_count`)), "http_response_status_code"), legend: "{{http_response_status_code}}" },
      ],
    });
  }

  latency(): PanelPlan {
    return timeSeries({
      title: "Request duration",
      description: "From arrival to the end of the response, all routes and statuses. Quantiles are interpolated inside their bucket.",
      unit: "s",
      queries: this.#quantiles(this.#duration, [0.5, 0.95, 0.99]),
    });
  }

  latencyHeatmap(): PanelPlan {
    return heatmap({
      title: "Request durations over time",
      description: "How many requests fell into which bucket. Two bands mean two kinds of requests, e.g. cache hits and misses.",
      unit: "s",
      query: { expr: sum(`increase(${this.#series(`${this.#duration}_bucket`)}[$__rate_interval])`, "le"), legend: "{{le}}", exemplar: true },
    });
  }

  cacheRequests(): PanelPlan {
    return timeSeries({
      title: "Cache hits and misses",
      description: "Hits were answered from the cached JSON; misses had to wait for a rebuild, their own or one under way.",
      unit: "ops",
      isStacked: true,
      queries: [
        { expr: this.#rate("puzzleGalleryCacheHits"), legend: "hits" },
        { expr: this.#rate("puzzleGalleryCacheMisses"), legend: "misses" },
      ],
    });
  }

  cacheHitShare(): PanelPlan {
    const [hits, misses] = [this.#rate("puzzleGalleryCacheHits"), this.#rate("puzzleGalleryCacheMisses")];
    return timeSeries({
      title: "Cache hit share",
      description: "Hits of all reads; no line where nothing is read. A fall under load is a stampede or a cache that is outdated too often.",
      unit: "percentunit",
      max: 1,
      queries: [{ expr: share(hits, `(${hits} + ${misses})`), legend: "hits" }],
    });
  }

  rebuilds(): PanelPlan {
    const seconds = `${sum(perSecond(this.#series(`${this.#names("puzzleGalleryCacheRebuildDuration")}_sum`)))} / 1000`;
    return timeSeries({
      title: "Cache rebuilds",
      description:
        "Rebuilds begun per second, and how many ran at once on average (seconds of rebuild work per second): above 1 the same work is done several times over.",
      unit: "ops",
      width: 8,
      queries: [
        { expr: this.#rate("puzzleGalleryCacheRebuilds"), legend: "begun" },
        { expr: seconds, legend: "at once", unit: "short" },
      ],
    });
  }

  rebuildDuration(): PanelPlan {
    return timeSeries({
      title: "Cache rebuild duration",
      description: "Time a rebuild of the cached JSON took.",
      unit: "ms",
      width: 8,
      queries: this.#quantiles(this.#names("puzzleGalleryCacheRebuildDuration"), [0.5, 0.95]),
    });
  }

  jsonBytes(): PanelPlan {
    return timeSeries({
      title: "Cached JSON",
      description: "Size of the pre-serialised JSON in the cache.",
      unit: "bytes",
      width: 8,
      queries: [this.#gauge("puzzleGalleryCacheDataJsonBytes", "bytes")],
    });
  }

  storeReads(): PanelPlan {
    return timeSeries({
      title: "Store reads",
      description: "Reads of the SpacetimeDB view or local cache, by kind. Many more reads than requests: something reads in a loop.",
      unit: "ops",
      isStacked: true,
      queries: [{ expr: sum(perSecond(this.#series(this.#names("spacetimeReadCalls"))), "read"), legend: "{{read}}" }],
    });
  }

  storeDuration(): PanelPlan {
    const buckets = perSecond(this.#series(`${this.#names("spacetimeReadDurationMs")}_bucket`));
    return timeSeries({
      title: "Store read duration, p95",
      description: "95th percentile of the time a read took, by kind.",
      unit: "ms",
      queries: [{ expr: quantile(0.95, buckets, "read"), legend: "{{read}}", exemplar: true }],
    });
  }

  memory(): PanelPlan {
    return timeSeries({
      title: "Memory",
      description:
        "Resident, private and virtual. A leak raises the floor that is left after the load; an allocation peak raises the ceiling and comes back down.",
      unit: "bytes",
      width: 12,
      queries: [
        this.#gauge("processMemoryUsage", "resident"),
        this.#gauge("processMemoryPrivate", "private"),
        this.#gauge("processMemoryVirtual", "virtual"),
      ],
    });
  }

  threads(): PanelPlan {
    return timeSeries({
      title: "Threads",
      description: "Threads of the process.",
      unit: "short",
      width: 6,
      queries: [this.#gauge("processThreadCount", "threads")],
    });
  }

  descriptors(): PanelPlan {
    return timeSeries({
      title: "File descriptors and handles",
      description: "Open file descriptors (Unix) or handles (Windows). Every connection holds one; a climb that outlives the load is a leak.",
      unit: "short",
      width: 6,
      queries: [this.#gauge("processUnixFileDescriptorCount", "descriptors"), this.#gauge("processWindowsHandleCount", "handles")],
    });
  }

  get #duration(): string {
    return this.#names("httpServerRequestDuration");
  }

  #series(name: string, ...matchers: readonly string[]): string {
    return select(name, ...SELECTED, ...matchers);
  }

  #rate(key: QueriedKey): string {
    return sum(perSecond(this.#series(this.#names(key))));
  }

  /** One line an instance. */
  #gauge(key: QueriedKey, legend: string): Query {
    return { expr: sum(this.#series(this.#names(key)), "job", "instance"), legend: `${legend} {{instance}}` };
  }

  /** The same for what may carry `_ratio`; per instance the first name with an answer. */
  #count(key: QueriedKey, legend: string): Query {
    const each = this.#names.ofCount(key).map((name) => sum(this.#series(name), "job", "instance"));
    return { expr: each.join(" or "), legend: `${legend} {{instance}}` };
  }

  #quantiles(family: string, shares: readonly number[]): readonly Query[] {
    const buckets = perSecond(this.#series(`${family}_bucket`));
    return shares.map((at) => ({ expr: quantile(at, buckets), legend: `p${at * 100}`, exemplar: true }));
  }
}

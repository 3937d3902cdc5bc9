import { isIP } from "node:net";

/** What the environment asks of the sample server; names are those of the server it stands for. */
export interface ServerSettings {
  readonly host: string;
  readonly port: number;
  /** Undefined = the system's own (511 asked for by Node). */
  readonly listenBacklog: number | undefined;
  /** Undefined = no limit. */
  readonly maxConcurrentRequests: number | undefined;
  /** Entries switched off: their galleries answer 503 `creation_entry_disabled`. */
  readonly disabledEntries: ReadonlySet<CreationEntry>;
  /** The one access token that personal lists accept; undefined = they answer 401 to everybody. */
  readonly accessToken: string | undefined;
  readonly galleryTtlMs: number;
  /** Simulated time of a table scan. */
  readonly storeLatencyMs: number;
  /** Between two simulated plays, each of which outdates the gallery cache; undefined = none. */
  readonly playIntervalMs: number | undefined;
  readonly isTelemetryOn: boolean;
  readonly isRequestLogOn: boolean;
}

export const CREATION_ENTRIES = ["puzzle", "custom_world"] as const;
export type CreationEntry = (typeof CREATION_ENTRIES)[number];

/** Answers with every mistake in words, or with the settings. */
export function parseSettings(env: Readonly<Record<string, string | undefined>>): {
  readonly settings: ServerSettings;
  readonly mistakes: readonly string[];
} {
  const mistakes: string[] = [];
  const text = (name: string) => env[name]?.trim() || undefined;
  const whole = (name: string, least: number, most: number) => {
    const given = text(name);
    if (given === undefined) return undefined;
    const value = Number(given);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    mistakes.push(`${name}=${given} is not a whole number from ${least} to ${most}`);
    return undefined;
  };
  const listen = /^(?<host>.+):(?<port>\d{1,5})$/.exec(text("GENARRATIVE_API_LISTEN") ?? "127.0.0.1:8082")?.groups;
  const host = listen?.["host"]?.replace(/^\[(.*)\]$/, "$1") ?? "";
  const listenPort = Number(listen?.["port"]);
  if ((isIP(host) === 0 && host !== "localhost") || !(listenPort <= 65_535)) {
    mistakes.push(`GENARRATIVE_API_LISTEN=${text("GENARRATIVE_API_LISTEN")} is not ADDRESS:PORT, like 127.0.0.1:8082 (port 0 takes any free one)`);
  }
  const permits = whole("GENARRATIVE_API_MAX_CONCURRENT_REQUESTS", 0, 1_000_000) ?? 256;
  const playIntervalMs = whole("GENARRATIVE_PLAY_INTERVAL_MS", 0, 86_400_000) ?? 0;
  const settings: ServerSettings = {
    host,
    port: whole("PORT", 0, 65_535) ?? listenPort,
    listenBacklog: whole("GENARRATIVE_API_LISTEN_BACKLOG", 1, 65_535),
    maxConcurrentRequests: permits === 0 ? undefined : permits,
    disabledEntries: parseEntries(text("GENARRATIVE_CREATION_ENTRY_DISABLED"), mistakes),
    accessToken: text("GENARRATIVE_API_ACCESS_TOKEN"),
    galleryTtlMs: whole("GENARRATIVE_PUZZLE_GALLERY_CACHE_TTL_MS", 0, 86_400_000) ?? 5000,
    storeLatencyMs: whole("GENARRATIVE_STORE_LATENCY_MS", 0, 60_000) ?? 12,
    playIntervalMs: playIntervalMs === 0 ? undefined : playIntervalMs,
    isTelemetryOn: ["true", "1"].includes(text("GENARRATIVE_OTEL_ENABLED")?.toLowerCase() ?? "false"),
    // `info,tower_http=info`: the first word is the level of the server itself.
    isRequestLogOn: /^(?:info|debug|trace)\b/i.test(text("GENARRATIVE_API_LOG") ?? text("RUST_LOG") ?? "warn"),
  };
  return { settings, mistakes };
}

function parseEntries(text: string | undefined, mistakes: string[]): ReadonlySet<CreationEntry> {
  if (text === undefined || /^(?:false|0)$/i.test(text)) return new Set();
  if (/^(?:true|1)$/i.test(text)) return new Set(CREATION_ENTRIES);
  const words = text.split(",").map((word) => word.trim().replaceAll("-", "_"));
  const known = words.filter((word): word is CreationEntry => CREATION_ENTRIES.some((entry) => entry === word));
  if (known.length < words.length) {
    mistakes.push(`GENARRATIVE_CREATION_ENTRY_DISABLED=${text}: entries are ${CREATION_ENTRIES.join(", ")}, or true for all`);
  }
  return new Set(known);
}

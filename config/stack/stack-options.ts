/** Where the programs around Pitwall listen and what they are to know: input of everything in this folder. */
export interface StackOptions {
  /** Pitwall's scrape endpoint, `host:port` as Prometheus reaches it when it runs on the same machine. */
  readonly scrapeTarget: string;
  /** Where on it the metrics are; default `/metrics`. */
  readonly scrapePath?: string;
  /** Where Pitwall's own metrics are (`service.telemetry.metrics`); undefined = switched off. */
  readonly selfTarget: string | undefined;
  readonly ports: { readonly prometheus: number; readonly alertmanager: number; readonly grafana: number };
  /**
   * `host`: the containers share the machine's loopback (Linux). `bridge`: they have their own network, publish their ports on the loopback
   * and reach the machine as `host.docker.internal` (Docker Desktop).
   */
  readonly network: "host" | "bridge";
  /** Where Alertmanager delivers; undefined = alerts are shown, and delivered nowhere. */
  readonly webhookUrl: string | undefined;
  /** Tempo's URL: exemplars become links to its traces. */
  readonly tempoUrl: string | undefined;
}

export const DEFAULT_STACK: StackOptions = {
  scrapeTarget: "127.0.0.1:9464",
  selfTarget: "127.0.0.1:8888",
  ports: { prometheus: 9090, alertmanager: 9093, grafana: 3000 },
  network: "host",
  webhookUrl: undefined,
  tempoUrl: undefined,
};

/** A file of the stack, its path relative to the folder that it is written to. */
export interface StackFile {
  readonly path: string;
  readonly text: string;
}

/** Address of a program on this machine as the containers see it. */
export function reachable(host: string, options: Pick<StackOptions, "network">): string {
  return options.network === "bridge" && /^(127\.|localhost|\[::1\]|0\.0\.0\.0)/.test(host)
    ? host.replace(/^(\[::1\]|[^:]*)/, "host.docker.internal")
    : host;
}

/** The same for the host part of a URL. */
export function reachableUrl(url: string, options: Pick<StackOptions, "network">): string {
  return url.replace(/^(https?:\/\/)([^/]+)/, (_, scheme: string, host: string) => `${scheme}${reachable(host, options)}`);
}

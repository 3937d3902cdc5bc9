/** Where an exporter dials to, as the gRPC library wants it. */
export interface GrpcEndpoint {
  /** `host:port`, `dns:///host:port` or `unix:///path`. */
  readonly target: string;
  /** What an http:// or https:// before it said; undefined: `tls` of the config decides. */
  readonly isPlain: boolean | undefined;
  /** `host:port`, for the `:authority` of requests; undefined for sockets. */
  readonly authority: string | undefined;
  /** Undefined for sockets. */
  readonly port: number | undefined;
}

/** Undefined where the text is none of the forms that otelcol takes. */
export function parseGrpcEndpoint(text: string): GrpcEndpoint | undefined {
  if (/^unix:(\/\/)?\/./.test(text)) return { target: text, isPlain: undefined, authority: undefined, port: undefined };
  const [, scheme = "", authority = ""] = /^(https?:\/\/|dns:\/\/\/|passthrough:\/\/\/)?(.*?)\/?$/s.exec(text) ?? [];
  const [, host, port] = /^(\[[0-9a-fA-F:.]+\]|[^\s:/[\]]*):(\d{1,5})$/.exec(authority) ?? [];
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) return undefined;
  // An empty host means this machine, as in Go.
  const address = `${host === "" ? "localhost" : host}:${port}`;
  return {
    target: scheme === "dns:///" ? `dns:///${address}` : address,
    isPlain: scheme.startsWith("http") ? scheme === "http://" : undefined,
    authority: address,
    port: Number(port),
  };
}

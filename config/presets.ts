/** The ready-made configurations behind `npm run otel:debug` and `npm run otel:rider`. */
export const PRESETS = ["debug", "rider"] as const;
export type Preset = (typeof PRESETS)[number];

/** Environment variables that the presets read, and what stands in when they are not set. */
export const PRESET_DEFAULTS = {
  OTELCOL_OTLP_HTTP_ENDPOINT: "127.0.0.1:4318",
  OTELCOL_OTLP_GRPC_ENDPOINT: "127.0.0.1:4317",
  RIDER_OTLP_GRPC_ENDPOINT: "127.0.0.1:17011",
} as const;

/** YAML that Pitwall and otelcol (core or contrib) both run. */
export function renderPreset(preset: Preset, env: Readonly<Record<string, string | undefined>>): string {
  const value = (name: keyof typeof PRESET_DEFAULTS): string => {
    const given = env[name];
    return `${JSON.stringify(given === undefined || given === "" ? PRESET_DEFAULTS[name] : given)} # ${name}`;
  };
  const rider = preset === "rider";
  const exporters = rider ? "[debug, otlp/rider]" : "[debug]";
  return `# Written by \`pitwall start --preset ${preset}\` from the environment, each time anew: change the variables, or copy this file and use --config.
receivers:
  otlp:
    protocols:
      grpc:
        endpoint: ${value("OTELCOL_OTLP_GRPC_ENDPOINT")}
      http:
        endpoint: ${value("OTELCOL_OTLP_HTTP_ENDPOINT")}
exporters:
  debug:
    verbosity: detailed
${
  rider
    ? `  otlp/rider:
    endpoint: ${value("RIDER_OTLP_GRPC_ENDPOINT")}
    tls:
      insecure: true
`
    : ""
}service:
  pipelines:
${["traces", "metrics", "logs"].map((signal) => `    ${signal}:\n      receivers: [otlp]\n      exporters: ${exporters}\n`).join("")}`;
}

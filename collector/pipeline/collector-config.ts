import type { Signal } from "../model/batch.ts";
import type { ExporterDefinition, ExtensionDefinition, ReceiverDefinition, StageDefinition } from "./define.ts";

/** One configured component: its definition and its config, already checked and with defaults. Keys of the maps below are ids (`type[/name]`). */
export interface Configured<Definition> {
  readonly definition: Definition;
  readonly config: unknown;
}

export interface PipelineConfig {
  /** `traces`, `metrics/2` … */
  readonly id: string;
  readonly signal: Signal;
  /** Ids of receivers or connectors. */
  readonly receivers: readonly string[];
  readonly processors: readonly string[];
  /** Ids of exporters or connectors. */
  readonly exporters: readonly string[];
}

export interface TelemetryConfig {
  readonly metrics: { readonly enabled: boolean; readonly host: string; readonly port: number };
  readonly logs: { readonly level: "debug" | "info" | "warn" | "error"; readonly encoding: "console" | "json" };
}

/** What the YAML says, checked (K-01 … K-08): ids resolve, pipelines are complete, connectors are used on both sides, no cycles. */
export interface CollectorConfig {
  readonly receivers: ReadonlyMap<string, Configured<ReceiverDefinition>>;
  readonly processors: ReadonlyMap<string, Configured<StageDefinition>>;
  readonly connectors: ReadonlyMap<string, Configured<StageDefinition>>;
  readonly exporters: ReadonlyMap<string, Configured<ExporterDefinition>>;
  readonly extensions: ReadonlyMap<string, Configured<ExtensionDefinition>>;
  readonly service: {
    /** In the order they are opened. */
    readonly extensions: readonly string[];
    readonly pipelines: readonly PipelineConfig[];
    readonly telemetry: TelemetryConfig;
  };
}

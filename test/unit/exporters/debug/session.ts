import type { Batch } from "../../../../collector/model/batch.ts";
import { debug } from "../../../../exporters/debug/debug.ts";
import { type Recorded, recordingContext } from "../otlp_http/recording-context.ts";

/** What the debug exporter prints of these batches, from opening to closing. */
export async function printed(config: object, ...batches: readonly Batch[]): Promise<string> {
  return (await session(config, ...batches)).text;
}

export async function session(config: object, ...batches: readonly Batch[]): Promise<Recorded> {
  const kept = recordingContext("debug");
  const exporter = await debug.open(debug.config.parse(config), kept.context);
  for (const batch of batches) await exporter.push(batch);
  await exporter[Symbol.asyncDispose]();
  return kept;
}

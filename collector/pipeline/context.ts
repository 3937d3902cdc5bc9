import type { ComponentContext, Log, OpenExtension } from "./define.ts";
import type { LossLedger } from "./loss-ledger.ts";
import type { Meter } from "./meter.ts";

/** What the graph needs from whoever runs it. */
export interface Surroundings {
  readonly log: Log;
  readonly meter: Meter;
  readonly ledger: LossLedger;
  stdout(text: string | Uint8Array): Promise<void>;
  /** Called as soon as a component listens; `protocol` "" where it has only one. */
  listening(componentId: string, protocol: string, address: string): void;
  /** As in ComponentContext. */
  isReloading?(): boolean;
}

/** The surroundings as one component sees them. */
export function componentContext(
  id: string,
  surroundings: Surroundings,
  extensions: ReadonlyMap<string, OpenExtension>,
  outOfTime: AbortSignal,
): ComponentContext {
  const { meter, ledger } = surroundings;
  return {
    id,
    log: componentLog(surroundings.log, id),
    meter,
    ledger,
    outOfTime,
    listening: (protocol, address) => surroundings.listening(id, protocol, address),
    extension: (name) => extensions.get(name),
    stdout: (text) => surroundings.stdout(text),
    isReloading: () => surroundings.isReloading?.() === true,
  };
}

function componentLog(log: Log, component: string): Log {
  return {
    debug: (fields, message) => log.debug({ component, ...fields }, message),
    info: (fields, message) => log.info({ component, ...fields }, message),
    warn: (fields, message) => log.warn({ component, ...fields }, message),
    error: (fields, message) => log.error({ component, ...fields }, message),
  };
}

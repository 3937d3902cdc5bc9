import { loadConfig } from "../../../config/load.ts";
import { redacted } from "../../../config/redact.ts";
import { registry } from "../../../config/registry.ts";
import { writeYaml } from "../../../config/write-yaml.ts";
import type { Log } from "../../pipeline/define.ts";
import { openCollector } from "../../pipeline/graph.ts";
import { LossLedger } from "../../pipeline/loss-ledger.ts";
import { Meter } from "../../pipeline/meter.ts";
import type { Terminal } from "../terminal.ts";

const TEXT_VARIABLE = "PITWALL_RUN_CONFIG";

/** A collector inside the process of `pitwall run`. */
export interface RunCollector extends AsyncDisposable {
  /** As bound, by component and protocol: `otlp.http`. */
  readonly addresses: ReadonlyMap<string, string>;
  readonly ledger: LossLedger;
  /** As YAML, secrets hidden. */
  readonly configText: string;
}

export interface RunCollectorOptions {
  /** The configuration as JSON or YAML. */
  readonly text: string;
  /** Merged over it: the user's own. */
  readonly sources: readonly string[];
  readonly sets: readonly string[];
  readonly log: Log;
  readonly terminal: Terminal;
}

/** Throws: what loading and opening throw (E_CONFIG_INVALID, E_PORT_IN_USE …). */
export async function openRunCollector({ text, sources, sets, log, terminal }: RunCollectorOptions): Promise<RunCollector> {
  // A dollar in a path is no variable of ours.
  const env = { ...terminal.env, [TEXT_VARIABLE]: text.replaceAll("$", "$$$$") };
  const loaded = await loadConfig({ sources: [`env:${TEXT_VARIABLE}`, ...sources], sets, env, catalogue: registry });
  const addresses = new Map<string, string>();
  const ledger = new LossLedger();
  const collector = await openCollector(loaded.config, {
    log,
    meter: new Meter(),
    ledger,
    stdout: (data) => terminal.writeOut(data),
    listening: (component, protocol, address) => {
      addresses.set(protocol === "" ? component : `${component}.${protocol}`, address);
    },
  });
  return {
    addresses,
    ledger,
    configText: writeYaml(redacted(loaded)),
    [Symbol.asyncDispose]: () => collector[Symbol.asyncDispose](),
  };
}

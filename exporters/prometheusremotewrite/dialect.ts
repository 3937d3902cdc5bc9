import type { Log } from "../../collector/pipeline/define.ts";
import type { WriteVersion } from "./write-request.ts";

/**
 * Which version an endpoint is spoken to in. `auto` begins with 2.0, and what is found out holds for the rest of the run: a receiver that
 * changes its mind in the middle would turn one series into two.
 */
export class Dialect {
  readonly #log: Log;
  readonly #mayChange: boolean;
  #version: WriteVersion;
  #isProven = false;

  constructor(protocol: "auto" | WriteVersion, log: Log) {
    this.#log = log;
    this.#mayChange = protocol === "auto";
    this.#version = protocol === "auto" ? 2 : protocol;
  }

  get version(): WriteVersion {
    return this.#version;
  }
  /** A request in this version has been stored. */
  get isProven(): boolean {
    return this.#isProven;
  }
  get mayDowngrade(): boolean {
    return this.#mayChange;
  }

  /** A request in this version was stored. */
  proven(version: WriteVersion, why: string): void {
    if (this.#isProven && version === this.#version) return;
    if (version === 1 && this.#version === 2) this.settleOn1(why);
    if (this.#isProven) return;
    this.#isProven = true;
    const how = this.#mayChange && version === 2 ? "found by its Written headers" : this.#mayChange ? "found by trying" : "as configured";
    this.#log.info({ protocol: name(version) }, `the receiver speaks remote write ${name(version)} (${how})`);
  }

  settleOn1(why: string): void {
    if (this.#version === 1) return;
    this.#version = 1;
    this.#isProven = false;
    this.#log.info({ protocol: name(1) }, `falling back to remote write 1.0 for this endpoint: ${why}`);
  }
}

function name(version: WriteVersion): string {
  return version === 1 ? "1.0" : "2.0";
}

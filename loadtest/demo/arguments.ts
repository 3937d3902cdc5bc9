import { parseArgs } from "node:util";

export interface DemoArguments {
  readonly seconds: number;
  /** Requests per second at the peak. */
  readonly peakPerSecond: number;
  /** Leave everything running after the load, so that the scrape address can be opened. */
  readonly keep: boolean;
}

export const DEMO_USAGE = `usage: npm run demo -- [--seconds N] [--rate N] [--keep]

Starts a collector and a sample api-server on free ports, drives load at the server, and shows that the telemetry of every request arrived.

  --seconds N   how long the load lasts (default 15)
  --rate N      requests per second at the peak (default 120)
  --keep        leave collector and server running afterwards, until Ctrl-C
`;

/** A string is what is wrong with them, or the help that was asked for. */
export function parseDemoArguments(args: readonly string[]): DemoArguments | { readonly help: true } | { readonly mistake: string } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seconds: { type: "string", default: "15" },
        rate: { type: "string", default: "120" },
        keep: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) return { help: true };
    const seconds = numberWithin("--seconds", values.seconds, 1, 3600);
    const peakPerSecond = numberWithin("--rate", values.rate, 1, 5000);
    return { seconds, peakPerSecond, keep: values.keep };
  } catch (error) {
    return { mistake: error instanceof Error ? error.message : String(error) };
  }
}

function numberWithin(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= least && value <= most) return value;
  throw new Error(`${name} ${text}: give a number from ${least} to ${most}`);
}

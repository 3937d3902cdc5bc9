import { parseArgs } from "node:util";

export interface DemoArguments {
  readonly seconds: number;
  /** Requests per second at the peak. */
  readonly peakPerSecond: number;
  /** Of the server; few of them make it answer 429 at the peak. */
  readonly permits: number;
  readonly hasProxy: boolean;
  /** Leave everything running after the load, so that the scrape address can be opened. */
  readonly keep: boolean;
  /** Where ledger and report go. */
  readonly runsFolder: string;
}

export const DEMO_USAGE = `usage: npm run demo -- [--seconds N] [--rate N] [--permits N] [--no-proxy] [--keep] [--runs-dir FOLDER]

A whole load run on this machine: starts a collector, a sample api-server and, where nginx is installed, a proxy before it, on free ports; drives
load at them inside \`pitwall run\`; and ends with the verdict and the path of the report.

  --seconds N       how long the load lasts (default 15)
  --rate N          requests per second at the peak (default 120)
  --permits N       requests that the server handles at a time (default 256); with --permits 6 it runs out of them, and the run fails
  --no-proxy        without nginx, though it is installed
  --keep            leave everything running afterwards, until Ctrl-C
  --runs-dir FOLDER where ledger and report go (default .pitwall/runs)
`;

/** A string is what is wrong with them, or the help that was asked for. */
export function parseDemoArguments(args: readonly string[]): DemoArguments | { readonly help: true } | { readonly mistake: string } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seconds: { type: "string", default: "15" },
        rate: { type: "string", default: "120" },
        permits: { type: "string", default: "256" },
        "no-proxy": { type: "boolean", default: false },
        keep: { type: "boolean", default: false },
        "runs-dir": { type: "string", default: ".pitwall/runs" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) return { help: true };
    return {
      seconds: numberWithin("--seconds", values.seconds, 1, 3600),
      peakPerSecond: numberWithin("--rate", values.rate, 1, 5000),
      permits: numberWithin("--permits", values.permits, 1, 1_000_000),
      hasProxy: !values["no-proxy"],
      keep: values.keep,
      runsFolder: values["runs-dir"],
    };
  } catch (error) {
    return { mistake: error instanceof Error ? error.message : String(error) };
  }
}

function numberWithin(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= least && value <= most) return value;
  throw new Error(`${name} ${text}: give a number from ${least} to ${most}`);
}

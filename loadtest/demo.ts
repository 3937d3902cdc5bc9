import { constants } from "node:os";
import { DEMO_USAGE, parseDemoArguments } from "./demo/arguments.ts";
import { runDemo } from "./demo/run-demo.ts";

/** `npm run demo`. People's text goes to stderr, the tables of the end to stdout. */
const EXIT_USAGE = 64;
const EXIT_INTERNAL = 70;

process.exitCode = await main();

async function main(): Promise<number> {
  const given = parseDemoArguments(process.argv.slice(2));
  if ("help" in given) {
    process.stdout.write(DEMO_USAGE);
    return 0;
  }
  if ("mistake" in given) {
    process.stderr.write(`${given.mistake}\n\n${DEMO_USAGE}`);
    return EXIT_USAGE;
  }
  const controller = new AbortController();
  let signalled: "SIGINT" | "SIGTERM" | undefined;
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      // The second time everything ends at once: the children are killed as their owners are left.
      if (signalled !== undefined) process.exit(128 + constants.signals[name]);
      signalled = name;
      controller.abort();
      process.stderr.write("\nstopping the load and the children (again: at once)\n");
    });
  }
  try {
    const code = await runDemo(given, controller.signal);
    const isCutShort = signalled !== undefined && !given.keep;
    // The load run was asked to end by a signal of ours, whichever came to us.
    const isOurs = [0, 128 + constants.signals.SIGINT, 128 + constants.signals.SIGTERM].includes(code);
    return isCutShort && isOurs ? 128 + constants.signals[signalled ?? "SIGINT"] : code;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return EXIT_INTERNAL;
  }
}

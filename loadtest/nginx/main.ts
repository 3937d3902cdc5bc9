import { parseArgs } from "node:util";
import { NginxFailed, startNginx } from "./start-nginx.ts";

/** `node loadtest/nginx/main.ts`: an nginx before the sample server, until Ctrl-C. Exit 0, 64 usage, 69 nginx missing or not startable. */
const USAGE = `usage: node loadtest/nginx/main.ts [--upstream 127.0.0.1:8082] [--listen 127.0.0.1:8080] [--format timing|json] [--folder FOLDER]

Starts an nginx of its own (NGINX_BIN, the one on the PATH, or that of npm run peers -- nginx) with the log format that Pitwall reads, and keeps
connections to the upstream open. Port 0 takes any free one. Without --folder its logs lie in a temporary folder and go with it.
`;

process.exitCode = await main();

async function main(): Promise<number> {
  const given = parse();
  if (typeof given === "string") {
    process.stderr.write(`${given}${USAGE}`);
    return given === "" ? 0 : 64;
  }
  try {
    const stop = Promise.withResolvers<void>();
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.resolve());
    await using nginx = await startNginx(given);
    process.stderr.write(`${JSON.stringify({ msg: "ready", url: nginx.url, upstream: given.upstream, access_log: nginx.accessLog })}\n`);
    await Promise.race([stop.promise, nginx.ended]);
    return 0;
  } catch (error) {
    if (!(error instanceof NginxFailed)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 69;
  }
}

/** A text is what is wrong; "" asks for help. */
function parse() {
  try {
    const { values } = parseArgs({
      options: {
        upstream: { type: "string", default: "127.0.0.1:8082" },
        listen: { type: "string", default: "127.0.0.1:8080" },
        format: { type: "string", default: "timing" },
        folder: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) return "";
    const { upstream, listen, format, folder } = values;
    if (format !== "timing" && format !== "json") return `--format ${format}: choose timing or json\n\n`;
    if (!/^[\w.:[\]-]+:\d{1,5}$/.test(upstream)) return `--upstream ${upstream}: give ADDRESS:PORT\n\n`;
    return { upstream, listen, format, ...(folder === undefined ? {} : { folder }) } as const;
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n\n`;
  }
}

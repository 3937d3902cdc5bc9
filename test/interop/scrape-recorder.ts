import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

/** Stands between a scraper and its target: what was asked for, and in which form it was answered. */
export interface ScrapeRecorder extends AsyncDisposable {
  readonly address: string;
  /** The content types and statuses of all answers so far to scrapes of this path, each once. */
  answers(path: string): readonly string[];
}

/** `targets`: a path of ours, and the URL that it stands for. */
export async function openScrapeRecorder(targets: Readonly<Record<string, string>>): Promise<ScrapeRecorder> {
  const seen = new Map<string, Set<string>>();
  const server = createServer((asked, answer) => {
    const path = asked.url ?? "";
    const target = targets[path];
    if (target === undefined) {
      answer.writeHead(404).end();
      return;
    }
    const { host: _, ...headers } = asked.headers;
    const onward = request(target, { headers }, (response) => {
      const words = `${response.statusCode} ${response.headers["content-type"]}`;
      seen.set(path, (seen.get(path) ?? new Set()).add(words));
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    onward.on("error", () => answer.destroy());
    onward.end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers: (path) => [...(seen.get(path) ?? [])],
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

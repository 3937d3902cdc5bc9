import { type Browser, chromium } from "playwright-core";
import { peerCommand } from "../peers/peers.ts";

/** Nothing of the machine, of an earlier run or of a network takes part. */
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A browser whose profile is empty and temporary; close it when done. */
export async function openChromium(): Promise<Browser> {
  const { file, environment } = peerCommand("chromium");
  const inherited = Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined));
  return chromium.launch({ executablePath: file, env: { ...inherited, ...environment }, args: FLAGS });
}

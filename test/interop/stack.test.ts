import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { runPitwall } from "../e2e/pitwall-process.ts";
import { type CommandName, peerCommand } from "../peers/peers.ts";
import { freePort, Process } from "./child-process.ts";

/** What `pitwall dashboards` writes, judged by the programs that it is for. */

const folder = mkdtempSync(join(tmpdir(), "pitwall-stack-"));
afterAll(() => rmSync(folder, { recursive: true }));

function run(command: CommandName, args: readonly string[]): string {
  const peer = peerCommand(command);
  return execFileSync(peer.file, [...peer.arguments, ...args], { env: { ...process.env, ...peer.environment }, encoding: "utf8", stdio: "pipe" });
}

async function written(name: string, args: readonly string[]): Promise<string> {
  const target = join(folder, name);
  expect(await runPitwall(["dashboards", target, ...args])).toMatchObject({ code: 0 });
  return target;
}

describe.each(["UnderscoreEscapingWithSuffixes", "UnderscoreEscapingWithoutSuffixes"])("%s", (strategy) => {
  test.each(["host", "bridge"])("Docker Compose, promtool and amtool accept it, network %s", async (network) => {
    const webhook = ["--webhook", "http://127.0.0.1:8080/alerts", "--tempo", "http://127.0.0.1:3200"];
    const target = await written(`${strategy}-${network}`, ["--strategy", strategy, "--network", network, ...webhook]);
    const compose = run("docker-compose", ["--file", join(target, "compose.yaml"), "config", "--images"]);
    expect(compose.trim().split("\n")).toHaveLength(3);
    expect(run("promtool", ["check", "config", join(target, "stack/prometheus.yml")])).toContain("SUCCESS");
    expect(run("amtool", ["check-config", join(target, "stack/alertmanager.yml")])).toContain("SUCCESS");
  });

  test("Prometheus 3 starts with its flags, finds Alertmanager and has loaded every rule", async () => {
    const [prometheusPort, alertmanagerPort] = [await freePort(), await freePort()];
    const ports = ["--prometheus-port", String(prometheusPort), "--alertmanager-port", String(alertmanagerPort)];
    const target = await written(`${strategy}-started`, ["--strategy", strategy, ...ports]);
    const compose = parse(readFileSync(join(target, "compose.yaml"), "utf8")) as { services: Record<string, { command: string[] }> };
    const start = (command: CommandName, service: string): Process => {
      const peer = peerCommand(command);
      // The paths of the containers, where the volumes would mount them.
      const flags = (compose.services[service]?.command ?? []).map((flag) =>
        flag.replace(/=\/etc\/(?:prometheus|alertmanager)\//, `=${target}/stack/`).replace(/=\/(prometheus|alertmanager)$/, `=${target}/data-$1`),
      );
      return new Process({ file: peer.file, arguments: [...peer.arguments, ...flags], environment: peer.environment });
    };
    await using alertmanager = start("alertmanager", "alertmanager");
    await using prometheus = start("prometheus3", "prometheus");
    await prometheus.waitFor("ready message", () => (prometheus.stderr.includes("Server is ready to receive web requests") ? true : undefined));
    await alertmanager.waitFor("listen message", () => (/Listening on|Starting Alertmanager/.test(alertmanager.stderr) ? true : undefined));
    const api = async (path: string) => ((await (await fetch(`http://127.0.0.1:${prometheusPort}/api/v1/${path}`)).json()) as { data: unknown }).data;
    const { groups } = (await api("rules")) as { groups: { rules: { type: string; health: string; lastError?: string }[] }[] };
    const rules = groups.flatMap((group) => group.rules);
    expect(rules.filter(({ type }) => type === "alerting").length).toBeGreaterThanOrEqual(10);
    expect(rules.filter(({ lastError }) => lastError !== undefined)).toEqual([]);
    // Discovered some seconds after the start.
    await vi.waitFor(
      async () => {
        const { activeAlertmanagers } = (await api("alertmanagers")) as { activeAlertmanagers: { url: string }[] };
        expect(activeAlertmanagers.map(({ url }) => new URL(url).port)).toEqual([String(alertmanagerPort)]);
      },
      { timeout: 20_000, interval: 200 },
    );
  });
});

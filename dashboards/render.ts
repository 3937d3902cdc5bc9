import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { apiServer } from "./api-server.ts";
import { collector } from "./collector.ts";
import { loadRun } from "./load-run.ts";
import { type NamePreset, type Names, type NamingStrategy, namesOf } from "./names.ts";

export interface RenderOptions {
  /** The `translation_strategy` by which the series came to be named. */
  readonly strategy: NamingStrategy;
  /** Overrides of names that the collector was told to apply. */
  readonly preset?: NamePreset;
}

export interface RenderedDashboard {
  /** File name, e.g. `load-run.json`. */
  readonly path: string;
  /** The dashboard's JSON model, with a newline at its end: for Grafana's file provisioning or its import form. */
  readonly json: string;
}

const PAGES: Readonly<Record<string, (names: Names) => Dashboard>> = {
  "load-run.json": loadRun,
  "api-server.json": apiServer,
  "collector.json": collector,
};

/** All dashboards for the names that the user's series have. Pure: the same options give the same text. */
export function renderDashboards({ strategy, preset }: RenderOptions): readonly RenderedDashboard[] {
  const names = namesOf(strategy, preset);
  return Object.entries(PAGES).map(([path, build]) => ({ path, json: `${JSON.stringify(build(names), null, 2)}\n` }));
}

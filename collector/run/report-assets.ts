import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { LoadError } from "../model/errors.ts";

/** What `renderHtml` embeds. */
export interface ReportAssetTexts {
  readonly uplotJs: string;
  readonly uplotCss: string;
}

const FILES = { uplotJs: "uPlot.iife.min.js", uplotCss: "uPlot.min.css" } as const;

/** uPlot's script and style: beside the bundle, or in `node_modules` where the sources run. Throws: LoadError `E_FILE` where they are not. */
export function readReportAssets(): ReportAssetTexts {
  const here = dirname(fileURLToPath(import.meta.url));
  const folders = [here, join(here, "../../node_modules/uplot/dist")];
  const folder = folders.find((candidate) => existsSync(join(candidate, FILES.uplotJs)));
  if (folder === undefined) {
    throw new LoadError("E_FILE", `the report's ${FILES.uplotJs} is not in ${here}`, { hint: "Install Pitwall again: a part of it is missing." });
  }
  return { uplotJs: readFileSync(join(folder, FILES.uplotJs), "utf8"), uplotCss: readFileSync(join(folder, FILES.uplotCss), "utf8") };
}

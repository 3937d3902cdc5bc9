import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** First match wins. */
const STYLES: readonly (readonly [RegExp, Style])[] = [
  [/^(Traces|Metrics|Logs)\t\{/, "bold"],
  [/^(Resource|Scope)(Spans|Traces|Metrics|Logs?) #\d+/, "cyan"],
  [/^(Span|Metric|LogRecord) #\d+$/, "green"],
  [/^ {4}Status code {4}: Error$|^SeverityNumber: (Error|Fatal)/, "red"],
  [/^\u2026 /, "yellow"],
];

/** All controls but tab and newline: telemetry must not be able to steer the reader's terminal. */
const CONTROLS = /[^\P{Cc}\t\n]/gu;

/** The text for a terminal: its headings coloured, control characters shown as `\x1b`. Only for terminals: files and pipes get the bare text. */
export function colored(text: string): string {
  const safe = text.replace(CONTROLS, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
  return safe
    .split("\n")
    .map((line) => {
      const style = STYLES.find(([pattern]) => pattern.test(line))?.[1];
      return style === undefined ? line : styleText(style, line, { validateStream: false });
    })
    .join("\n");
}

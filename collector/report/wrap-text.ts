/** Characters that terminals draw two columns wide (Unicode East Asian Width W and F, and most emoji). */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** Columns that a text takes in a terminal. */
export function textWidth(text: string): number {
  let width = 0;
  for (const char of text) width += WIDE.test(char) ? 2 : 1;
  return width;
}

/** Cut to so many columns, with an ellipsis where something is missing. */
export function fitText(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let kept = "";
  for (const char of text) {
    if (textWidth(kept + char) > width - 1) break;
    kept += char;
  }
  return `${kept}\u2026`;
}

/** `95 %`, `1 824`, `20 ms`, `p95 20`: no line ends within them. */
const WITHIN_NUMBER = /(?<=\bp\d+(?:\.\d+)?) (?=\d)|(?<=\d) (?=%|\d{3}(?!\d)|(?:ms|s|min|h|B|KiB|MiB|GiB)(?![\w]))/g;

/** Spaces within numbers, and between them and their unit, as such that no line ends at. */
export function unbrokenNumbers(text: string): string {
  return text.replace(WITHIN_NUMBER, "\u00a0");
}

/** Lines of at most `width` columns, broken at spaces but for those within numbers, or within words that are longer than a line. */
export function wrapText(text: string, width: number): readonly string[] {
  return brokenLines(unbrokenNumbers(text), width).map((line) => line.replaceAll("\u00a0", " "));
}

function brokenLines(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (textWidth(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== "") lines.push(line);
    line = word;
    while (textWidth(line) > width) {
      const head = fitText(line, width + 1).slice(0, -1);
      lines.push(head);
      line = line.slice(head.length);
    }
  }
  return [...lines, line];
}

import { readFileSync } from "node:fs";

export interface CodeBlock {
  /** The word after the fence: `sh`, `yaml`, `text`; "" without one. */
  readonly language: string;
  readonly text: string;
  /** From 1, of the opening fence. */
  readonly line: number;
}

export interface MarkdownFile {
  readonly path: string;
  readonly blocks: readonly CodeBlock[];
  /** All that stands outside of code blocks. */
  readonly prose: string;
  /** `code` within the prose. */
  readonly inlineCode: readonly string[];
  /** Targets of links and pictures as they are written. */
  readonly links: readonly string[];
  /** What headings and `<a id>` can be linked to by, as GitHub makes it. */
  readonly anchors: ReadonlySet<string>;
}

export function readMarkdown(path: string): MarkdownFile {
  const blocks: CodeBlock[] = [];
  const prose: string[] = [];
  let open: { readonly language: string; readonly line: number; readonly lines: string[] } | undefined;
  for (const [index, line] of readFileSync(path, "utf8").split("\n").entries()) {
    const fence = /^\s*```(\w*)/.exec(line);
    if (fence !== null && open === undefined) open = { language: fence[1] ?? "", line: index + 1, lines: [] };
    else if (fence !== null && open !== undefined) {
      blocks.push({ language: open.language, line: open.line, text: open.lines.join("\n") });
      open = undefined;
    } else (open?.lines ?? prose).push(line);
  }
  if (open !== undefined) throw new Error(`${path}:${open.line}: the code block is not closed`);
  const text = prose.join("\n");
  const withoutCode = text.replaceAll(/`[^`\n]*`/g, (code) => (code.includes("](") ? "" : code));
  return {
    path,
    blocks,
    prose: text,
    inlineCode: [...text.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] as string),
    links: [...withoutCode.matchAll(/\]\(([^()\s]+)\)/g)].map((match) => match[1] as string),
    anchors: anchorsOf(prose),
  };
}

function anchorsOf(lines: readonly string[]): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const line of lines) {
    const heading = /^#{1,6} (.*)$/.exec(line)?.[1];
    if (heading !== undefined) {
      const slug = heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-");
      let name = slug;
      for (let again = 1; anchors.has(name); again++) name = `${slug}-${again}`;
      anchors.add(name);
    }
    for (const match of line.matchAll(/<a id="([^"]+)">/g)) anchors.add(match[1] as string);
  }
  return anchors;
}

import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The repository's folder. */
export const ROOT: string = join(import.meta.dirname, "../..");

/** A fenced block of code. In ` ```js page ` the language is `js` and the kind is `page`. */
export interface CodeBlock {
  language: string;
  /** The kind of test that runs the block; empty for a module that runs unchanged. */
  kind: string;
  code: string;
  /** The text of the heading above it. */
  heading: string;
  /** Line number of the fence, from 1. */
  line: number;
}

/** Returns the code blocks of a Markdown file, in order. `path` is relative to the repository. */
export function codeBlocks(path: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let heading = "";
  let open: CodeBlock | null = null;
  for (const [index, line] of readFileSync(join(ROOT, path), "utf8").split("\n").entries()) {
    const fence = /^```(\S*) ?(\S*)$/.exec(line);
    if (open && line === "```") {
      blocks.push(open);
      open = null;
    } else if (open) open.code += `${line}\n`;
    else if (fence) open = { language: fence[1] ?? "", kind: fence[2] ?? "", code: "", heading, line: index + 1 };
    else heading = /^#+ (.*)$/.exec(line)?.[1] ?? heading;
  }
  return blocks;
}

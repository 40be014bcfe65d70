import type { ErrorCode } from "../api/error-code.ts";
import type { WayOut } from "../api/failure.ts";
import type { ModuleProblem } from "../api/modules.ts";
import { failure } from "./failure.ts";

/** A place in a source text, from 0, and the text. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly text: string | null;
}

/** Returns a problem at a place of a file: `message` gets file, line and column in front. */
export function problemAt(
  code: ErrorCode,
  message: string,
  { file, line, column, text }: SourcePlace,
  more: { package?: string; spec?: string; wayOut?: WayOut[]; details?: Record<string, unknown> } = {},
): ModuleProblem {
  const frame = text === null ? undefined : codeFrame(text, line, column);
  return {
    ...failure(code, `${file}:${line + 1}:${column + 1}: ${message}`, more),
    file,
    line: line + 1,
    column: column + 1,
    ...(frame !== undefined && { frame }),
  };
}

/** Returns a problem of a whole file. */
export function problemOf(code: ErrorCode, message: string, file: string, wayOut: WayOut[] = []): ModuleProblem {
  return { ...failure(code, `${file}: ${message}`, { wayOut }), file };
}

/** EMODULESYNTAX: a source cannot be read. */
export function badSyntax(message: string, place: SourcePlace, wayOut: WayOut[] = []): ModuleProblem {
  return problemAt("EMODULESYNTAX", message, place, { wayOut });
}

/** The characters of a line in a frame. */
const MAX_LINE = 120;

/** Shows the lines around a place, with a mark below it. */
function codeFrame(text: string, line: number, column: number): string {
  let start = 0;
  for (let skipped = 0; skipped < line - 2; skipped++) start = text.indexOf("\n", start) + 1;
  const first = Math.max(0, line - 2);
  const lines = text.slice(start, start + 200_000).split("\n", line - first + 2);
  const from = column > MAX_LINE - 20 ? column - 60 : 0;
  const width = String(first + lines.length).length;
  return lines
    .flatMap((content, i) => {
      const number = first + i;
      const head = `${number === line ? ">" : " "} ${String(number + 1).padStart(width)} | `;
      const shown = head + content.replace(/\r$/, "").slice(from, from + MAX_LINE);
      return number === line ? [shown, `${" ".repeat(head.length - 2)}| ${" ".repeat(column - from)}^`] : [shown];
    })
    .join("\n");
}

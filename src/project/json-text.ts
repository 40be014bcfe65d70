import { notJson } from "../errors/files.ts";

export interface JsonText {
  value: unknown;
  /** Blanks before the first key, as `JSON.stringify` takes them; empty when the text has no lines. */
  indent: string;
  /** What stands for a line's end; empty when the text has no lines. */
  newline: string;
}

/**
 * Parses a JSON file and remembers how it was laid out, by npm's rule: the line breaks after the first bracket, and
 * the blanks after those. `{}` alone counts as two blanks; any other text without a break there as none.
 * @throws InstallError EJSONPARSE with `details: { file, text }`, in which `withWaysOut` finds the place
 */
export function parseJsonText(text: string, file: string): JsonText {
  const json = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  try {
    return { value: JSON.parse(json), ...layoutOf(json) };
  } catch {
    throw notJson(file, json);
  }
}

function layoutOf(json: string): { indent: string; newline: string } {
  const empty = /^(?:\{\}|\[\])((?:\r?\n)+)?$/.exec(json);
  if (empty) return { indent: "  ", newline: empty[1] ?? "\n" };
  const match = /^\s*[{[]((?:\r?\n)+)(\s*)/.exec(json);
  return { indent: match?.[2] ?? "", newline: match?.[1] ?? "" };
}

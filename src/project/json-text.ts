import { notJson } from "../errors/files.ts";

export interface JsonText {
  value: unknown;
  /** The blanks before the first key, as an argument for `JSON.stringify`. Empty if the text is on one line. */
  indent: string;
  /** The line break. Empty if the text is on one line. */
  newline: string;
}

/**
 * Parses a JSON file and its layout. As in npm (npm-tree §1.2), the layout is the line breaks after the first bracket and
 * the blanks after them. `{}` alone has an indent of two blanks. Any other text without a break there has none.
 * @throws InstallError EJSONPARSE with `details: { file, text }`, from which `withWaysOut` finds the position
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

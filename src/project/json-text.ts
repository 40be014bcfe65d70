import { isDeeperThan, MAX_JSON_DEPTH } from "../base/json-depth.ts";
import { InstallError } from "../errors/failure.ts";
import { notJson } from "../errors/files.ts";
import { overLimit } from "../errors/limit.ts";

export interface JsonText {
  value: unknown;
  /** The blanks before the first key, as an argument for `JSON.stringify`. Empty if the text is on one line. */
  indent: string;
  /** The line break. Empty if the text is on one line. */
  newline: string;
}

/** The most characters of a package.json, which is parsed without a pause, and of a lock. */
const MAX_MANIFEST = 4 * 2 ** 20;
export const MAX_LOCK: number = 128 * 2 ** 20;
/** A text with more characters is parsed in pieces, if its reader can pause. */
export const LARGE_JSON: number = 2 ** 20;

/**
 * Parses a JSON file and its layout. As in npm (npm-tree §1.2), the layout is the line breaks after the first bracket and
 * the blanks after them. `{}` alone has an indent of two blanks. Any other text without a break there has none.
 * @param limit the most characters
 * @throws InstallError EJSONPARSE with `details: { file, text }`, from which `withWaysOut` finds the position; ELIMIT
 */
export function parseJsonText(text: string, file: string, limit: number = MAX_MANIFEST): JsonText {
  const json = checkedJson(text, file, limit);
  if (isDeeperThan(json, MAX_JSON_DEPTH)) throw tooDeep(file);
  try {
    return { value: JSON.parse(json), ...layoutOf(json) };
  } catch {
    throw notJson(file, json);
  }
}

/** Returns the text without a byte order mark. @throws InstallError ELIMIT if it is too long */
export function checkedJson(text: string, file: string, limit: number): string {
  if (text.length > limit) {
    throw new InstallError(overLimit(`${file} has more than ${limit} characters. Make it smaller.`));
  }
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/** ELIMIT: a file nests too deep. */
export function tooDeep(file: string): InstallError {
  return new InstallError(overLimit(`${file} nests more than ${MAX_JSON_DEPTH} levels deep. Flatten it.`));
}

export function layoutOf(json: string): { indent: string; newline: string } {
  const empty = /^(?:\{\}|\[\])((?:\r?\n){1,100})?$/.exec(json);
  if (empty) return { indent: "  ", newline: empty[1] ?? "\n" };
  const match = /^\s*[{[]((?:\r?\n){1,100})(\s*)/.exec(json);
  return { indent: match?.[2] ?? "", newline: match?.[1] ?? "" };
}

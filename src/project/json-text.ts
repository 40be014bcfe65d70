import { failure, InstallError } from "../errors.ts";

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
 * @throws InstallError EJSONPARSE with `details: { file, line, column }` (from 1)
 */
export function parseJsonText(text: string, file: string): JsonText {
  const json = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  try {
    return { value: JSON.parse(json), ...layoutOf(json) };
  } catch {
    throw jsonError(json, file);
  }
}

function layoutOf(json: string): { indent: string; newline: string } {
  const empty = /^(?:\{\}|\[\])((?:\r?\n)+)?$/.exec(json);
  if (empty) return { indent: "  ", newline: empty[1] ?? "\n" };
  const match = /^\s*[{[]((?:\r?\n)+)(\s*)/.exec(json);
  return { indent: match?.[2] ?? "", newline: match?.[1] ?? "" };
}

function jsonError(json: string, file: string): InstallError {
  const at = errorOffset(json);
  const lines = json.slice(0, at).split(/\r\n|\n|\r/);
  const details = { file, line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
  const found = at < json.length ? `unexpected ${JSON.stringify(json[at])}` : "unexpected end";
  const message = `${file}:${details.line}:${details.column}: ${found}, this is not JSON.`;
  return new InstallError(failure("EJSONPARSE", message, { details }));
}

const BLANKS = /[\t\n\r ]*/y;
const TOKEN =
  /([{}[\],:])|"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** Where a text that is no JSON stops being so. Engines word this differently, or not at all. */
function errorOffset(json: string): number {
  const open: string[] = [];
  // What may come next: a value, a key, a colon, or a comma or the end.
  let want: "value" | "first" | "key" | "firstKey" | "colon" | "comma" = "value";
  let at = 0;
  for (;;) {
    BLANKS.lastIndex = at;
    BLANKS.exec(json);
    const start: number = BLANKS.lastIndex;
    TOKEN.lastIndex = start;
    const match: RegExpExecArray | null = TOKEN.exec(json);
    const mark = match?.[1];
    const close = mark === "}" || mark === "]";
    const value: boolean = want === "value" || want === "first";
    const key: boolean = want === "key" || want === "firstKey";
    if (!match || (want === "comma" && open.length === 0)) return start;
    if (mark === undefined) {
      if (key ? match[0][0] !== '"' : !value) return start;
      want = key ? "colon" : "comma";
    } else if (close) {
      if (open.pop() !== mark || !(want === "comma" || want === (mark === "}" ? "firstKey" : "first"))) return start;
      want = "comma";
    } else if (mark === "{" || mark === "[") {
      if (!value) return start;
      open.push(mark === "{" ? "}" : "]");
      want = mark === "{" ? "firstKey" : "first";
    } else if (mark === ":") {
      if (want !== "colon") return start;
      want = "value";
    } else {
      if (want !== "comma") return start;
      want = open.at(-1) === "}" ? "key" : "value";
    }
    at = TOKEN.lastIndex;
  }
}

import type { Failure } from "../api/failure.ts";

/**
 * Adds the position of the error to an `EJSONPARSE` of `parseJsonText`: in its message, and as `details: { file, line, column }`.
 * Lines and columns count from 1.
 */
export function withPlace(failure: Failure): Failure {
  const { file, text: json } = (failure.details ?? {}) as { file?: string; text?: string };
  if (json === undefined) return failure;
  const at = errorOffset(json);
  const lines = json.slice(0, at).split(/\r\n|\n|\r/);
  const details = { file, line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
  const found = at < json.length ? `unexpected ${JSON.stringify(json[at])}` : "unexpected end";
  const message = `${file}:${details.line}:${details.column}: Invalid JSON: ${found}.`;
  const text = `Correct ${file} at line ${details.line}, column ${details.column}.`;
  return { ...failure, message, details, wayOut: [{ kind: "other", text }] };
}

const BLANKS = /[\t\n\r ]*/y;
const TOKEN =
  /([{}[\],:])|"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** Returns the offset of the first error in a text that is not JSON. Engines report it in different forms, or not at all. */
function errorOffset(json: string): number {
  const open: string[] = [];
  // The token to expect next. `comma` also allows the end.
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

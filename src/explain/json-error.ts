import type { Failure } from "../api/failure.ts";

/** An `EJSONPARSE` of `parseJsonText` with the place in its message and `details: { file, line, column }` (from 1). */
export function withPlace(failure: Failure): Failure {
  const { file, text } = (failure.details ?? {}) as { file?: string; text?: string };
  if (text === undefined) return failure;
  const at = errorOffset(text);
  const lines = text.slice(0, at).split(/\r\n|\n|\r/);
  const details = { file, line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
  const found = at < text.length ? `unexpected ${JSON.stringify(text[at])}` : "unexpected end";
  const message = `${file}:${details.line}:${details.column}: ${found}, this is not JSON.`;
  return { ...failure, message, details };
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

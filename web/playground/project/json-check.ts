/** A marked part of a text. Offsets are in UTF-16 code units. */
export interface TextMark {
  from: number;
  to: number;
  severity: "error" | "warning";
  message: string;
}

/** A member on the first or second level, such as `["dependencies", "react"]`, with the offsets of its key and value. */
export interface JsonEntry {
  path: readonly string[];
  key: readonly [number, number];
  value: readonly [number, number];
}

export interface JsonCheck {
  marks: TextMark[];
  entries: JsonEntry[];
  /** True if there are no errors. Warnings do not count. */
  valid: boolean;
}

const MAX_NESTING = 200;
const WORD_PATTERN = /[A-Za-z_$][\w$]*/y;
const NUMBER_PATTERN = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

class JsonSyntaxError extends Error {
  readonly from: number;
  readonly to: number;
  constructor(message: string, from: number, to: number) {
    super(message);
    this.from = from;
    this.to = to;
  }
}

/** Reads JSON strictly. Reports the first error with its place and a message for people. */
class JsonReader {
  readonly entries: JsonEntry[] = [];
  readonly warnings: TextMark[] = [];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    // npm ignores a byte order mark.
    if (text.charCodeAt(0) === 0xfeff) this.#at = 1;
  }

  document(): void {
    this.#space();
    if (this.#at >= this.#text.length) throw new JsonSyntaxError("The file is empty. Start with an object: { }", 0, 0);
    this.#value([]);
    this.#space();
    if (this.#at < this.#text.length) this.#fail("Unexpected text after the end of the JSON", this.#text.length);
  }

  #fail(message: string, to?: number): never {
    const { length } = this.#text;
    const from = Math.min(this.#at, length);
    throw new JsonSyntaxError(message, from, Math.min(to ?? from + 1, length));
  }

  #space(): void {
    for (; this.#at < this.#text.length; this.#at++) {
      const c = this.#text.charCodeAt(this.#at);
      if (c !== 32 && c !== 10 && c !== 13 && c !== 9) break;
    }
    if (this.#text.startsWith("//", this.#at) || this.#text.startsWith("/*", this.#at)) {
      this.#fail("JSON does not allow comments", this.#at + 2);
    }
  }

  #value(path: readonly string[]): void {
    if (path.length > MAX_NESTING) this.#fail("Too deeply nested");
    const c = this.#text[this.#at];
    if (c === "{") this.#object(path);
    else if (c === "[") this.#array(path);
    else if (c === '"') this.#string();
    else if (c === "'") this.#fail("Use double quotes for strings");
    else if (c === undefined) this.#fail("A value is missing at the end of the file");
    else if (!this.#match(NUMBER_PATTERN)) this.#word();
  }

  #word(): void {
    const from = this.#at;
    const word = this.#match(WORD_PATTERN);
    if (word === "true" || word === "false" || word === "null") return;
    this.#at = from;
    this.#fail(
      word ? `“${word}” must be in double quotes: "${word}"` : "A value is missing here",
      from + (word?.length ?? 1),
    );
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found) this.#at += found.length;
    return found;
  }

  #object(path: readonly string[]): void {
    const open = this.#at++;
    const seen = new Set<string>();
    this.#space();
    if (this.#text[this.#at] === "}") return void this.#at++;
    for (;;) {
      this.#member(path, seen);
      if (this.#next("}", open)) return;
    }
  }

  #member(path: readonly string[], seen: Set<string>): void {
    const c = this.#text[this.#at];
    if (c === "}") this.#trailing("}");
    if (c !== '"') this.#fail(c === "'" ? "Use double quotes for names" : "A name in double quotes is missing here");
    const from = this.#at;
    const name = this.#string();
    const to = this.#at;
    if (seen.has(name)) {
      this.warnings.push({ from, to, severity: "warning", message: `“${name}” is listed twice. The last one counts.` });
    }
    seen.add(name);
    this.#space();
    if (this.#text[this.#at] !== ":") this.#fail(`A “:” is missing after “${name}”`);
    this.#at++;
    this.#space();
    const start = this.#at;
    const inner = [...path, name];
    this.#value(inner);
    if (inner.length <= 2) this.entries.push({ path: inner, key: [from, to], value: [start, this.#at] });
  }

  #array(path: readonly string[]): void {
    const open = this.#at++;
    this.#space();
    if (this.#text[this.#at] === "]") return void this.#at++;
    // Two levels deeper, so that objects in the array are never entries.
    const inner = [...path, "", ""];
    for (;;) {
      if (this.#text[this.#at] === "]") this.#trailing("]");
      this.#value(inner);
      if (this.#next("]", open)) return;
    }
  }

  /** Reads what follows an item. Returns true at the closing bracket, false after a comma. */
  #next(close: string, open: number): boolean {
    const end = this.#at;
    this.#space();
    const c = this.#text[this.#at];
    if (c === close || c === ",") {
      this.#at++;
      if (c === close) return true;
      this.#space();
      return false;
    }
    if (c === undefined) {
      throw new JsonSyntaxError(`The closing “${close}” for this “${this.#text[open]}” is missing`, open, open + 1);
    }
    // In {"a": 1 "b": 2} the comma is missing after the 1, so mark the end of the 1.
    if (c === '"' || c === "{" || c === "[")
      throw new JsonSyntaxError("A comma is missing here", Math.max(0, end - 1), end);
    this.#fail(`A “,” or “${close}” is missing here`);
  }

  #trailing(close: string): never {
    const comma = this.#text.lastIndexOf(",", this.#at);
    throw new JsonSyntaxError(`Remove the comma before “${close}”`, comma, comma + 1);
  }

  #string(): string {
    const from = this.#at;
    for (let at = from + 1; at < this.#text.length; at++) {
      const c = this.#text.charCodeAt(at);
      if (c === 92) at++;
      else if (c === 34) return this.#unquote(from, at + 1);
      else if (c === 10 || c === 13) break;
      else if (c < 32) throw new JsonSyntaxError("Control characters in strings must be escaped", at, at + 1);
    }
    const line = this.#text.slice(from).search(/[\r\n]/);
    this.#fail("The closing double quote of this string is missing", line < 0 ? this.#text.length : from + line);
  }

  #unquote(from: number, to: number): string {
    try {
      const value: unknown = JSON.parse(this.#text.slice(from, to));
      this.#at = to;
      return String(value);
    } catch {
      throw new JsonSyntaxError("This string has an invalid escape sequence", from, to);
    }
  }
}

const DEPENDENCY_GROUPS: ReadonlySet<string> = new Set([
  "dependencies",
  "devDependencies",
  "optionalDependencies",
  "peerDependencies",
]);

/** Checks whether `path` is a dependency in a package.json, such as `["dependencies", "react"]`. */
export function isDependencyPath(path: readonly string[]): boolean {
  return path.length === 2 && DEPENDENCY_GROUPS.has(path[0] ?? "");
}

/**
 * Checks the text of a JSON file. For a `package.json`, also checks that the dependency groups are objects of strings.
 * `{"a": 1,}` gives one error, on the comma.
 */
export function checkJson(text: string, isManifest: boolean): JsonCheck {
  const reader = new JsonReader(text);
  const marks = reader.warnings;
  try {
    reader.document();
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    marks.push({ from: error.from, to: error.to, severity: "error", message: error.message });
    return { marks, entries: reader.entries, valid: false };
  }
  if (isManifest) marks.push(...checkManifest(text, reader.entries));
  return { marks, entries: reader.entries, valid: marks.every((mark) => mark.severity !== "error") };
}

function checkManifest(text: string, entries: readonly JsonEntry[]): TextMark[] {
  const marks: TextMark[] = [];
  if (!/^\uFEFF?\s*\{/.test(text)) {
    return [{ from: 0, to: text.length, severity: "error", message: "A package.json must be an object: { }" }];
  }
  for (const { path, value } of entries) {
    const [from, to] = value;
    const group = path[0] ?? "";
    if (path.length === 1 && DEPENDENCY_GROUPS.has(group) && text[from] !== "{") {
      marks.push({ from, to, severity: "warning", message: `npm ignores “${group}”, because it is not an object` });
    } else if (isDependencyPath(path) && text[from] !== '"') {
      marks.push({ from, to, severity: "warning", message: `The version range of “${path[1]}” must be a string` });
    }
  }
  return marks;
}

/** Something to mark in the text: offsets in UTF-16 units. */
export interface TextMark {
  from: number;
  to: number;
  severity: "error" | "warning";
  message: string;
}

/** A member of the document's first two levels: `["dependencies", "react"]` and where its key and value stand. */
export interface JsonEntry {
  path: readonly string[];
  key: readonly [number, number];
  value: readonly [number, number];
}

export interface JsonCheck {
  marks: TextMark[];
  entries: JsonEntry[];
  /** Whether the text can be resolved as it stands (warnings do not count). */
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

/** Reads JSON strictly, and says where and in a person's words what is wrong. Stops at the first error. */
class JsonReader {
  readonly entries: JsonEntry[] = [];
  readonly warnings: TextMark[] = [];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    // npm strips a byte order mark; so do we.
    if (text.charCodeAt(0) === 0xfeff) this.#at = 1;
  }

  document(): void {
    this.#space();
    if (this.#at >= this.#text.length) throw new JsonSyntaxError("The file is empty: expected an object, {…}", 0, 0);
    this.#value([]);
    this.#space();
    if (this.#at < this.#text.length) this.#fail("Text after the end of the JSON value", this.#text.length);
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
      this.#fail("JSON has no comments", this.#at + 2);
    }
  }

  #value(path: readonly string[]): void {
    if (path.length > MAX_NESTING) this.#fail("Nested too deeply");
    const c = this.#text[this.#at];
    if (c === "{") this.#object(path);
    else if (c === "[") this.#array(path);
    else if (c === '"') this.#string();
    else if (c === "'") this.#fail("Strings take double quotes in JSON");
    else if (c === undefined) this.#fail("The file ends where a value should stand");
    else if (!this.#match(NUMBER_PATTERN)) this.#word();
  }

  #word(): void {
    const from = this.#at;
    const word = this.#match(WORD_PATTERN);
    if (word === "true" || word === "false" || word === "null") return;
    this.#at = from;
    this.#fail(
      word ? `“${word}” is not JSON: did you mean "${word}"?` : "Expected a value",
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
    if (c !== '"') this.#fail(c === "'" ? "Names take double quotes in JSON" : 'Expected a name in double quotes, "…"');
    const from = this.#at;
    const name = this.#string();
    const to = this.#at;
    if (seen.has(name)) {
      this.warnings.push({ from, to, severity: "warning", message: `“${name}” is here twice: the last one counts` });
    }
    seen.add(name);
    this.#space();
    if (this.#text[this.#at] !== ":") this.#fail(`Expected “:” after the name “${name}”`);
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
    // Items count as a level, but are never entries of an object.
    const inner = [...path, "", ""];
    for (;;) {
      if (this.#text[this.#at] === "]") this.#trailing("]");
      this.#value(inner);
      if (this.#next("]", open)) return;
    }
  }

  /** After an item: true at the closing bracket, false after a comma. */
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
      throw new JsonSyntaxError(`This “${this.#text[open]}” is never closed with “${close}”`, open, open + 1);
    }
    // {"a": 1 "b": 2}: the comma belongs behind the 1, so mark the end of that.
    if (c === '"' || c === "{" || c === "[")
      throw new JsonSyntaxError("A comma is missing here", Math.max(0, end - 1), end);
    this.#fail(`Expected “,” or “${close}”`);
  }

  #trailing(close: string): never {
    const comma = this.#text.lastIndexOf(",", this.#at);
    throw new JsonSyntaxError(`No comma may stand before “${close}”`, comma, comma + 1);
  }

  #string(): string {
    const from = this.#at;
    for (let at = from + 1; at < this.#text.length; at++) {
      const c = this.#text.charCodeAt(at);
      if (c === 92) at++;
      else if (c === 34) return this.#unquote(from, at + 1);
      else if (c === 10 || c === 13) break;
      else if (c < 32) throw new JsonSyntaxError("A control character must be escaped in a string", at, at + 1);
    }
    const line = this.#text.slice(from).search(/[\r\n]/);
    this.#fail("This string is never closed with a double quote", line < 0 ? this.#text.length : from + line);
  }

  #unquote(from: number, to: number): string {
    try {
      const value: unknown = JSON.parse(this.#text.slice(from, to));
      this.#at = to;
      return String(value);
    } catch {
      throw new JsonSyntaxError("An escape in this string is not one that JSON knows", from, to);
    }
  }
}

const DEPENDENCY_GROUPS: ReadonlySet<string> = new Set([
  "dependencies",
  "devDependencies",
  "optionalDependencies",
  "peerDependencies",
]);

/** Whether `path` is one dependency of a package.json: `["dependencies", "react"]`. */
export function isDependencyPath(path: readonly string[]): boolean {
  return path.length === 2 && DEPENDENCY_GROUPS.has(path[0] ?? "");
}

/**
 * Checks the text of a JSON file; of a `package.json` also that the groups of dependencies are objects of strings.
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
    return [{ from: 0, to: text.length, severity: "error", message: "A package.json is an object, {…}" }];
  }
  for (const { path, value } of entries) {
    const [from, to] = value;
    const group = path[0] ?? "";
    if (path.length === 1 && DEPENDENCY_GROUPS.has(group) && text[from] !== "{") {
      marks.push({ from, to, severity: "warning", message: `npm passes over “${group}” that is not an object` });
    } else if (isDependencyPath(path) && text[from] !== '"') {
      marks.push({ from, to, severity: "warning", message: `What is wanted of “${path[1]}” must be a string` });
    }
  }
  return marks;
}

// Reads the part of TOML that scenario files use: tables, strings in any quotes, arrays, inline tables, true and false.

const BARE = /[\w-]+/y;
const BLANK = /(?:\s|#[^\n]*)*/y;
const ESCAPES = { n: "\n", t: "\t", '"': '"', "\\": "\\" };

/** Parses a TOML text. @param {string} text @returns {Record<string, any>} null-prototype objects @throws Error for other syntax */
export function readToml(text) {
  const reader = new Reader(text);
  const whole = Object.create(null);
  let table = whole;
  while (!reader.atEnd()) {
    if (reader.take("[")) {
      table = at(whole, reader.path());
      reader.expect("]");
    } else {
      const path = reader.path();
      reader.expect("=");
      const key = path.pop();
      at(table, path)[key] = reader.value();
    }
  }
  return whole;
}

function at(table, path) {
  for (const key of path) {
    table[key] ??= Object.create(null);
    table = table[key];
  }
  return table;
}

class Reader {
  #text;
  #at = 0;

  constructor(text) {
    this.#text = text;
  }

  atEnd() {
    this.#match(BLANK);
    return this.#at === this.#text.length;
  }

  take(token) {
    this.#match(BLANK);
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  expect(token) {
    if (!this.take(token))
      throw new Error(`Expected ${token} at ${this.#at}: ${this.#text.slice(this.#at, this.#at + 20)}`);
  }

  #match(pattern) {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }

  path() {
    const keys = [];
    do {
      this.#match(BLANK);
      const key = /["']/.test(this.#text[this.#at] ?? "") ? this.#string() : this.#match(BARE);
      if (key === "") throw new Error(`Expected a key at ${this.#at}`);
      keys.push(key);
    } while (this.take("."));
    return keys;
  }

  value() {
    if (this.take("[")) return this.#list("]", () => this.value());
    if (this.take("{")) return this.#inline();
    for (const [word, value] of [
      ["true", true],
      ["false", false],
    ])
      if (this.take(word)) return value;
    this.#match(BLANK);
    return this.#string();
  }

  #inline() {
    const table = Object.create(null);
    this.#list("}", () => {
      const path = this.path();
      this.expect("=");
      const key = path.pop();
      at(table, path)[key] = this.value();
    });
    return table;
  }

  #list(end, one) {
    const values = [];
    while (!this.take(end)) {
      values.push(one());
      if (!this.take(",")) {
        this.expect(end);
        return values;
      }
    }
    return values;
  }

  #string() {
    const [quote] = /^("""|'''|"|')/.exec(this.#text.slice(this.#at)) ?? [];
    if (!quote) throw new Error(`Expected a value at ${this.#at}: ${this.#text.slice(this.#at, this.#at + 20)}`);
    let from = this.#at + quote.length;
    if (quote.length === 3 && this.#text[from] === "\n") from++;
    let end = from;
    while (!this.#text.startsWith(quote, end)) {
      if (end >= this.#text.length) throw new Error("Unterminated string");
      end += quote[0] === '"' && this.#text[end] === "\\" ? 2 : 1;
    }
    this.#at = end + quote.length;
    const raw = this.#text.slice(from, end);
    return quote[0] === "'" ? raw : raw.replace(/\\(.)/gs, (whole, letter) => ESCAPES[letter] ?? whole);
  }
}

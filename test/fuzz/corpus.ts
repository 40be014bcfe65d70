import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isTree, setMember, type Tree, type Value } from "./value.ts";

// A file of the corpus is JSON: the target, the fault that the input showed, and the input. Bytes are `{ "$bytes": base64 }`. A text
// with long repetitions is `{ "$text": [part, [part, count], …] }`.

/** An input that once broke a law. */
export interface CorpusEntry {
  readonly file: string;
  readonly target: string;
  readonly fault: string;
  readonly input: Value;
}

const FOLDER = "test/fuzz/corpus";

/** Returns all entries, sorted by file. */
export function readCorpus(folder: string = FOLDER): CorpusEntry[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => {
      const { target, fault, input } = JSON.parse(readFileSync(join(folder, file), "utf8")) as Omit<
        CorpusEntry,
        "file"
      >;
      return { file, target, fault, input: decode(input) };
    });
}

/** Writes an entry, and returns its path. The same input of a target has the same path. */
export function writeCorpus({ target, fault, input }: Omit<CorpusEntry, "file">, folder: string = FOLDER): string {
  const text = JSON.stringify(encode(input));
  const name = `${target}-${createHash("sha256").update(text).digest("hex").slice(0, 8)}.json`;
  const path = join(folder, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, `${JSON.stringify({ target, fault: fault.slice(0, 200), input: encode(input) }, null, 2)}\n`);
  return path;
}

/** Returns an input as JSON. */
export function encode(value: Value): Value {
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
  if (typeof value === "string") return value.length < 200 ? value : shortened(value);
  if (Array.isArray(value)) return value.map(encode);
  if (!isTree(value)) return value;
  const copy: Tree = {};
  for (const key of Object.keys(value)) setMember(copy, key, encode(value[key] as Value));
  return copy;
}

/** Reverses {@link encode}. */
export function decode(value: Value): Value {
  if (Array.isArray(value)) return value.map(decode);
  if (!isTree(value)) return value;
  const { $bytes, $text } = value;
  if (typeof $bytes === "string") return Uint8Array.from(Buffer.from($bytes, "base64"));
  if (Array.isArray($text)) {
    return $text.map((part) => (Array.isArray(part) ? String(part[0]).repeat(Number(part[1])) : String(part))).join("");
  }
  const copy: Tree = {};
  for (const key of Object.keys(value)) setMember(copy, key, decode(value[key] as Value));
  return copy;
}

/** Writes repetitions of up to 30 characters as a part and a count. */
function shortened(text: string): Value {
  const parts: Value[] = [];
  let plain = 0;
  for (let at = 0; at < text.length; ) {
    const run = runAt(text, at);
    if (!run) {
      at++;
      continue;
    }
    if (at > plain) parts.push(text.slice(plain, at));
    parts.push([run.part, run.count]);
    at = plain = at + run.part.length * run.count;
  }
  if (plain < text.length) parts.push(text.slice(plain));
  return parts.length === 1 && typeof parts[0] === "string" ? text : { $text: parts };
}

function runAt(text: string, at: number): { part: string; count: number } | null {
  for (let length = 1; length <= 30; length++) {
    const part = text.slice(at, at + length);
    let count = 1;
    while (text.startsWith(part, at + count * length)) count++;
    if (count > 4 && part.length * count > 60) return { part, count };
  }
  return null;
}

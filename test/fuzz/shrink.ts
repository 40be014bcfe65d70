import { concat } from "../../src/base/concat.ts";
import { check, signatureOf } from "./laws.ts";
import type { Target } from "./target.ts";
import { isTree, setMember, type Tree, type Value } from "./value.ts";

/** Runs at most of one shrinking. */
const MOST_RUNS = 4000;

/** Returns a smaller input that shows the same fault. Deletes and simplifies parts for as long as the fault stays. */
export async function shrink(target: Target, input: Value, fault: string): Promise<Value> {
  const signature = signatureOf(fault);
  let runs = 0;
  const shows = async (candidate: Value): Promise<boolean> => {
    if (++runs > MOST_RUNS) return false;
    const found = await check(target, candidate);
    return found.fault !== null && signatureOf(found.fault) === signature;
  };
  let best = input;
  for (let improved = true; improved && runs <= MOST_RUNS; ) {
    improved = false;
    for (const candidate of smaller(best)) {
      if (!(await shows(candidate))) continue;
      best = candidate;
      improved = true;
      break;
    }
  }
  return best;
}

/** Yields simpler forms of a value, simplest first. */
function* smaller(value: Value): Generator<Value> {
  if (value instanceof Uint8Array) yield* fewerBytes(value);
  else if (typeof value === "string") yield* shorterTexts(value);
  else if (Array.isArray(value)) yield* smallerList(value);
  else if (isTree(value)) yield* smallerTree(value);
  else if (typeof value === "number" && value !== 0 && value !== 1) yield* [0, 1];
}

function* smallerTree(tree: Tree): Generator<Value> {
  const keys = Object.keys(tree);
  for (let size = keys.length >> 1; size >= 1; size >>= 1)
    for (let from = 0; from < keys.length; from += size) {
      const dropped = new Set(keys.slice(from, from + size));
      yield treeOf(tree, (key, value) => (dropped.has(key) ? undefined : value));
    }
  for (const key of keys)
    for (const simpler of smaller(tree[key] as Value))
      yield treeOf(tree, (name, value) => (name === key ? simpler : value));
}

function treeOf(tree: Tree, change: (key: string, value: Value) => Value | undefined): Tree {
  const copy: Tree = {};
  for (const key of Object.keys(tree)) {
    const value = change(key, tree[key] as Value);
    if (value !== undefined) setMember(copy, key, value);
  }
  return copy;
}

function* smallerList(list: Value[]): Generator<Value> {
  for (let size = list.length >> 1 || 1; size >= 1; size >>= 1)
    for (let from = 0; from < list.length; from += size) yield [...list.slice(0, from), ...list.slice(from + size)];
  for (const [at, member] of list.entries())
    for (const simpler of smaller(member)) yield list.map((value, i) => (i === at ? simpler : value));
}

/** Shrinks a text, by its members if it is JSON. */
function* shorterTexts(text: string): Generator<string> {
  if (/^\s*[[{]/.test(text)) {
    let parsed: Value | undefined;
    try {
      parsed = JSON.parse(text) as Value;
      // A text that nests too deep to be walked is shrunk as text.
      if (/[[{]{500}/.test(text.replace(/"[^"]*":?/g, ""))) parsed = undefined;
    } catch {
      // Not JSON after all.
    }
    if (parsed !== undefined) {
      for (const simpler of smaller(parsed)) yield JSON.stringify(simpler);
      return;
    }
  }
  if (text === "") return;
  yield "";
  for (let size = text.length >> 1; size >= 1; size >>= 1) {
    if (text.length / size > 400) break;
    for (let from = 0; from < text.length; from += size) yield text.slice(0, from) + text.slice(from + size);
  }
}

function* fewerBytes(bytes: Uint8Array): Generator<Uint8Array> {
  for (let size = bytes.length >> 1; size >= 1; size >>= 1) {
    if (bytes.length / size > 300) break;
    for (let from = 0; from < bytes.length; from += size)
      yield concat([bytes.subarray(0, from), bytes.subarray(from + size)]);
  }
}

import type { Random } from "./random.ts";
import { mutateText } from "./text-mutation.ts";
import { copyOf, isTree, setMember, type Tree, type Value } from "./value.ts";

/** The words of one language: keys and values that its readers treat in a special way. */
export interface Words {
  readonly keys: readonly string[];
  readonly values: readonly string[];
}

// biome-ignore format: a table
const KEYS = [
  "__proto__", "constructor", "prototype", "toString", "valueOf", "hasOwnProperty", "__defineGetter__", "length", "then", "toJSON", "",
  " ", ".", "..", "0", "-1", "1", "a", "b", "a/b", "@s/a", "@s", "@", "/", "\\", "\0", "\ud800", "😀", "é", "e\u0301", "*", "default", "name", "x".repeat(300),
];

/** JSON text that a `JSON.parse` and a `JSON.stringify` would not keep. Nests up to 60,000 deep. */
class RawJson {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Changes a JSON value at a few places, and returns its text. The value itself stays as it is. */
export function mutateJson(value: Value, random: Random, words: Words): string {
  const root: Tree = { root: copyOf(value) };
  for (let left = random.few(6); left > 0; left--) mutateOnce(root, random, words);
  const text = textOf(root["root"] as Value, random.once(3) ? 2 : 0);
  return random.once(25) ? mutateText(text, random) : text;
}

/** Changes a JSON value at a few places, and returns the new value. */
export function mutateValue(value: Value, random: Random, words: Words): Value {
  const root: Tree = { root: copyOf(value) };
  for (let left = random.few(5); left > 0; left--) mutateOnce(root, random, words, true);
  return root["root"] as Value;
}

/** Returns the JSON text of a value. Texts of `RawJson` become part of it as they are. */
function textOf(value: Value, indent: number): string {
  const raws: string[] = [];
  const text = JSON.stringify(
    value,
    (_, member) => (member instanceof RawJson ? `\ue000${raws.push(member.text) - 1}\ue001` : member),
    indent,
  );
  return raws.length > 0 ? text.replace(/"\ue000(\d+)\ue001"/g, (_, index) => raws[Number(index)] ?? "null") : text;
}

interface Slot {
  readonly parent: Tree | Value[];
  readonly key: string | number;
}

/** Lists the places of all values, at most some thousands. */
function slotsOf(root: Tree): Slot[] {
  const slots: Slot[] = [];
  const todo: (Tree | Value[])[] = [root];
  for (let parent = todo.pop(); parent && slots.length < 5000; parent = todo.pop()) {
    const keys = Array.isArray(parent) ? parent.keys() : Object.keys(parent);
    for (const key of keys) {
      slots.push({ parent, key });
      const value = at({ parent, key });
      if (Array.isArray(value) || (isTree(value) && !(value instanceof RawJson))) todo.push(value);
    }
  }
  return slots;
}

function at({ parent, key }: Slot): Value {
  return (parent as Tree)[key as string] as Value;
}

function put({ parent, key }: Slot, value: Value): void {
  setMember(parent, key, value);
}

/** One change, at a place of a value. */
interface Change {
  readonly root: Tree;
  readonly slots: readonly Slot[];
  readonly slot: Slot;
  readonly random: Random;
  readonly words: Words;
  /** Whether long and deep values are left out. */
  readonly plain: boolean;
}

function mutateOnce(root: Tree, random: Random, words: Words, plain = false): void {
  const slots = slotsOf(root);
  random.pick(CHANGES)({ root, slots, slot: random.pick(slots), random, words, plain });
}

const nameFrom = ({ random, words }: Change): string => (random.once(2) ? random.pick(KEYS) : random.pick(words.keys));

/** Puts a value that hardly any reader expects. */
const replace = (change: Change): void => put(change.slot, oddValue(change));

/** The changes. The first ones are the likeliest to be noticed, so they are there twice. */
const CHANGES: readonly ((change: Change) => void)[] = [
  replace,
  replace,
  insert,
  insert,
  ({ slot, random, words }) => put(slot, random.pick(words.values)),
  ({ slot, root }) => {
    if (Array.isArray(slot.parent)) slot.parent.splice(Number(slot.key), 1);
    else if (slot.parent !== root) delete slot.parent[slot.key];
  },
  (change) => {
    const { slot, random } = change;
    put(slot, random.once(2) ? [at(slot)] : { [nameFrom(change)]: at(slot) });
  },
  ({ slot, slots, random }) => put(slot, copyOf(at(random.pick(slots)))),
  (change) => rename(change.slot, nameFrom(change)),
  (change) => {
    const { slot, slots, random } = change;
    const into = at(slot);
    if (isTree(into)) setMember(into, String(random.pick(slots).key), copyOf(at(random.pick(slots))));
    else replace(change);
  },
  ({ slot, random, words }) => {
    const value = at(slot);
    const isText = typeof value === "string";
    put(slot, isText ? mutateText(value, random, words.values) : JSON.stringify(value).slice(0, 99));
  },
  (change) => {
    const value = at(change.slot);
    if (typeof value === "number") put(change.slot, value * change.random.pick([-1, 0, 0.5, 2, 1e300]));
    else replace(change);
  },
];

function rename({ parent, key }: Slot, to: string): void {
  if (Array.isArray(parent) || key === "root") return;
  const members = Object.entries(parent);
  for (const name of Object.keys(parent)) delete parent[name];
  for (const [name, value] of members) setMember(parent, name === key ? to : name, value);
}

/** Adds a member to an object, or an element to a list. */
function insert(change: Change): void {
  const { slot, random, words } = change;
  const into = at(slot);
  const value = random.once(2) ? random.pick(words.values) : oddValue(change);
  if (Array.isArray(into)) into.splice(random.below(into.length + 1), 0, value);
  else if (isTree(into) && !(into instanceof RawJson))
    setMember(into, random.once(4) ? random.pick(KEYS) : random.pick(words.keys), value);
}

// biome-ignore format: a table
const ODD: readonly Value[] = [
  null, true, false, 0, -0, -1, 1, 1.5, 2 ** 31, 2 ** 53, -(2 ** 63), 1e308, "", " ", "\0", "\ud800", "\udfff", "\ufeff", "😀", "é", "0", "-1",
  "null", "true", "__proto__", "constructor", "toString", [], {}, [[]], [{}], [null], {}, { "": "" }, { a: null }, { a: {} }, { a: [] }, ["a"], { length: 1e9 },
  { toString: 1 }, { valueOf: null }, { toJSON: "a" },
];

/** Returns a value that hardly any reader expects. */
function oddValue(change: Change): Value {
  const { random, plain } = change;
  if (!plain && random.once(40)) return longValue(random) as unknown as Value;
  if (random.once(6)) return { [nameFrom(change)]: copyOf(random.pick(ODD)) };
  return copyOf(random.pick(ODD));
}

/** Returns a value that is long or deep. */
function longValue(random: Random): RawJson | string {
  const count = random.pick([300, 3000, 3000, 20_000, 60_000]);
  const key = JSON.stringify(random.pick(KEYS));
  switch (random.below(9)) {
    case 0:
      return new RawJson("[".repeat(count) + "]".repeat(count));
    case 1:
      return new RawJson(`{${key}:`.repeat(count) + 1 + "}".repeat(count));
    case 2:
      return new RawJson(random.pick(["1e400", "-1e400", "1".repeat(400), "0.1e-999", "-0"]));
    case 3:
      return random
        .pick(["a", "npm:", "😀", "\0", "/", "../", " ", "1", "1.", "||", "{", "**/", "@", ",", "\ud800"])
        .repeat(count);
    case 4:
      return new RawJson(`[${"1,".repeat(Math.min(count, 3000))}1]`);
    case 5:
      return new RawJson(`{${Array.from({ length: Math.min(count, 300) }, (_, i) => `"a${i}":"*"`).join(",")}}`);
    case 6:
      return new RawJson(`{${key}:1,${key}:{},${key}:"1"}`);
    case 7:
      return `${random.pick([">=", "^", "~", "", "v", "="])}${"1".repeat(count)}.0.0`;
    default:
      return Array.from({ length: Math.min(count, 3000) }, (_, i) => `${i}.x`).join(" || ");
  }
}

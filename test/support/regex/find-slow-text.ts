import { countSteps } from "./count-steps.ts";
import type { ParsedRegex, RegexNode } from "./parse-regex.ts";

/** A text on which a regular expression takes more than linear time. */
export interface SlowText {
  readonly text: string;
  /** Steps with 48 repetitions of a word, and with 96. */
  readonly steps: readonly [number, number];
}

const REPEATS = 48;
/** More characters than these are equivalent to one of them in every expression of the sources. */
const COMMON = [..." \t\n\u0001a_A0\"'/.-@:=#,é"].map((char) => char.charCodeAt(0));

/**
 * Searches for a text `prefix + word × n + suffix` on which the steps grow faster than `n`. By the theory of ambiguous automata every
 * expression that goes back too often has such a text. Words are samples of what is repeated in the expression, and all texts of one
 * or two characters that the expression tells apart.
 */
export function findSlowText(regex: ParsedRegex): SlowText | null {
  const letters = tellApart(regex);
  const pairs = letters.length <= 9 ? letters.flatMap((a) => letters.map((b) => a + b)) : [];
  const repeated = [...repeatedBodies(regex.root)].flatMap((body) => samples(body, 4));
  const words = new Set([...letters, ...pairs, ...repeated].filter((word) => word !== ""));
  const prefixes = new Set(["", "\u0001", ...prefixesOf(regex.root, "")]);
  const suffixes = ["", "\u0001", ...letters.slice(0, 3)];
  for (const prefix of prefixes) {
    for (const word of words) {
      for (const suffix of suffixes) {
        const text = (times: number): string => prefix + word.repeat(times) + suffix;
        const once = countSteps(regex, text(REPEATS), 200_000);
        // Linear expressions take a few steps for each character and each part of the expression.
        if (once < REPEATS * 8) continue;
        const twice = countSteps(regex, text(2 * REPEATS), 1_000_000);
        if (twice > 2.6 * once) return { text: text(2), steps: [once, twice] };
      }
    }
  }
  return null;
}

/** Returns one character of each kind that the expression tells apart. */
function tellApart({ root, chars }: ParsedRegex): string[] {
  const sets = [...setsOf(root)];
  const found = new Map<string, string>();
  for (const code of [...COMMON, ...chars]) {
    const kind = sets.map((set) => (set.has(code) ? "1" : "0")).join("");
    if (!found.has(kind)) found.set(kind, String.fromCharCode(code));
  }
  return [...found.values()];
}

function childrenOf(node: RegexNode): readonly RegexNode[] {
  if (node.kind === "sequence") return node.items;
  if (node.kind === "choice") return node.options;
  return "body" in node ? [node.body] : [];
}

function* setsOf(node: RegexNode): Generator<Extract<RegexNode, { kind: "set" }>> {
  if (node.kind === "set") yield node;
  for (const child of childrenOf(node)) yield* setsOf(child);
}

function* repeatedBodies(node: RegexNode): Generator<RegexNode> {
  if (node.kind === "repeat" && node.max > 1) yield node.body;
  for (const child of childrenOf(node)) yield* repeatedBodies(child);
}

/** Returns up to `most` texts that a node matches. Lookarounds and edges match nothing. */
function samples(node: RegexNode, most: number): string[] {
  switch (node.kind) {
    case "set": {
      const code = [...COMMON, ...Array.from({ length: 256 }, (_, i) => i)].find((one) => node.has(one));
      return code === undefined ? [] : [String.fromCharCode(code)];
    }
    case "sequence":
      return node.items.reduce<string[]>(
        (texts, item) => texts.flatMap((text) => samples(item, most).map((more) => text + more)).slice(0, most),
        [""],
      );
    case "choice":
      return node.options.flatMap((option) => samples(option, most)).slice(0, 2 * most);
    case "repeat": {
      const texts = samples(node.body, most).map((text) => text.repeat(Math.max(node.min, 1)));
      return node.min === 0 ? ["", ...texts].slice(0, most) : texts;
    }
    case "capture":
      return samples(node.body, most);
    default:
      return [""];
  }
}

/** Returns shortest texts that lead to each repetition of the expression. */
function prefixesOf(node: RegexNode, before: string): string[] {
  if (node.kind === "repeat") return [before, ...prefixesOf(node.body, before)];
  if (node.kind !== "sequence") return childrenOf(node).flatMap((child) => prefixesOf(child, before));
  let text = before;
  return node.items.flatMap((item) => {
    const found = prefixesOf(item, text);
    text += samples(item, 4).sort((a, b) => a.length - b.length)[0] ?? "";
    return found;
  });
}

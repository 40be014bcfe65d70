import type { ParsedRegex, RegexNode } from "./parse-regex.ts";

/** Matches the rest of the text from a position. */
type Rest = (at: number) => boolean;

class TooManySteps extends Error {}

/**
 * Matches a text as a backtracking engine does, and returns the number of steps. A global expression looks for all matches.
 * Stops at `most`.
 */
export function countSteps({ root, flags }: ParsedRegex, text: string, most: number): number {
  const matcher = new BacktrackingMatcher(text, flags, most);
  try {
    for (let at = 0; at <= text.length; ) {
      let end = -1;
      const isFound = matcher.match(root, at, (to) => {
        end = to;
        return true;
      });
      if (isFound) {
        if (!flags.includes("g")) break;
        at = Math.max(end, at + 1);
      } else {
        if (flags.includes("y")) break;
        at++;
      }
    }
  } catch (error) {
    if (!(error instanceof TooManySteps)) throw error;
  }
  return matcher.steps;
}

class BacktrackingMatcher {
  steps = 0;
  readonly #text: string;
  readonly #flags: string;
  readonly #most: number;
  readonly #captures: (string | undefined)[] = [];

  constructor(text: string, flags: string, most: number) {
    this.#text = text;
    this.#flags = flags;
    this.#most = most;
  }

  match(node: RegexNode, at: number, rest: Rest): boolean {
    if (++this.steps > this.#most) throw new TooManySteps();
    switch (node.kind) {
      case "set":
        return at < this.#text.length && node.has(this.#text.charCodeAt(at)) && rest(at + 1);
      case "sequence":
        return this.#sequence(node.items, 0, at, rest);
      case "choice":
        return node.options.some((option) => this.match(option, at, rest));
      case "repeat":
        return this.#repeat(node, 0, at, rest);
      case "capture":
        return this.#capture(node, at, rest);
      case "look":
        return this.#look(node, at) !== node.negated && rest(at);
      case "back": {
        const captured = this.#captures[node.index] ?? "";
        return this.#text.startsWith(captured, at) && rest(at + captured.length);
      }
      case "edge":
        return this.#isEdge(node.at, at) && rest(at);
      default:
        return node satisfies never;
    }
  }

  #sequence(items: readonly RegexNode[], index: number, at: number, rest: Rest): boolean {
    const item = items[index];
    return item ? this.match(item, at, (to) => this.#sequence(items, index + 1, to, rest)) : rest(at);
  }

  #repeat(node: Extract<RegexNode, { kind: "repeat" }>, count: number, at: number, rest: Rest): boolean {
    // A repetition that matches nothing ends the loop, as in JavaScript.
    const once = (): boolean =>
      count < node.max &&
      this.match(node.body, at, (to) => (to > at || count < node.min) && this.#repeat(node, count + 1, to, rest));
    if (count < node.min) return once();
    return node.lazy ? rest(at) || once() : once() || rest(at);
  }

  #capture({ body, index }: Extract<RegexNode, { kind: "capture" }>, at: number, rest: Rest): boolean {
    return this.match(body, at, (to) => {
      const before = this.#captures[index];
      this.#captures[index] = this.#text.slice(at, to);
      if (rest(to)) return true;
      this.#captures[index] = before;
      return false;
    });
  }

  #look({ body, behind }: Extract<RegexNode, { kind: "look" }>, at: number): boolean {
    if (!behind) return this.match(body, at, () => true);
    // The sources look back by a few characters only.
    for (let from = at; from >= Math.max(0, at - 2); from--) if (this.match(body, from, (to) => to === at)) return true;
    return false;
  }

  #isEdge(edge: "start" | "end" | "word" | "inside", at: number): boolean {
    const isLine = this.#flags.includes("m");
    const isWord = (index: number): boolean => /\w/.test(this.#text[index] ?? "");
    if (edge === "start") return at === 0 || (isLine && this.#text[at - 1] === "\n");
    if (edge === "end") return at === this.#text.length || (isLine && this.#text[at] === "\n");
    return (isWord(at - 1) !== isWord(at)) === (edge === "word");
  }
}

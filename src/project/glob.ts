// Matches paths against npm's glob patterns: `*`, `?`, `[a-z]`, `[!x]`, `{a,b}`, and `**` for any number of folders.
//
// 1. Expand the braces of each pattern (braces.ts), and split it into segments.
// 2. Put all patterns into one trie. Its edges are segments, so that patterns share what they begin with.
// 3. Match a path segment by segment. Keep the set of all nodes that are reached, and never go back.
//
//   `a/**/b`, `a/c`:   root -a-> 1 -**-> 2 -b-> end      2 stays reached by any segment
//                                1 -c-> end
//
// A path takes at most the size of the trie times its own length.

import { InstallError } from "../errors/failure.ts";
import { overLimit } from "../errors/limit.ts";
import { expandBraces, MAX_CHOICES } from "./braces.ts";
import { type SegmentTest, segmentTest } from "./glob-segment.ts";

/** The characters of a pattern. */
const MAX_LENGTH = 4096;
/** The characters of all patterns of a set, after their braces were expanded. */
const MAX_EXPANDED = 1 << 18;

interface GlobNode {
  /** The first pattern that leads here. */
  readonly first: number;
  readonly literals: Map<string, GlobNode>;
  /** Nodes behind segments with wildcards, by the segment's text. */
  readonly wild: Map<string, { test: SegmentTest; next: GlobNode }>;
  /** True if a `**` led here: any segment leads here again. */
  readonly isDeep: boolean;
  /** The node behind a `**`. It is reached at the same time as this node, because a `**` may match nothing. */
  deep: GlobNode | null;
  /** The patterns that end here. */
  readonly ends: number[];
  visits: number;
}

/** The nodes that a folder's path reaches. */
export type GlobState = readonly GlobNode[];

/** Patterns, compiled into one trie. As in npm's globs, a wildcard matches a leading dot only if `dot` is set. */
export class GlobSet {
  readonly start: GlobState;
  /** The nodes and segments compared so far. */
  steps = 0;
  /** The steps after which nothing more is compared. Whoever sets it must check {@link steps} after each match. */
  limit: number = Number.POSITIVE_INFINITY;
  readonly #patterns: readonly string[];
  readonly #dot: boolean;

  /** @throws InstallError ELIMIT if a pattern is too long, or expands to too much text */
  constructor(patterns: readonly string[], dot = false) {
    this.#patterns = patterns;
    this.#dot = dot;
    const root = newNode(0, false);
    let expanded = 0;
    for (const [id, pattern] of patterns.entries()) {
      for (const choice of choicesOf(pattern)) {
        expanded += choice.length;
        if (expanded > MAX_EXPANDED)
          throw refusedGlob(pattern, `brings the globs to more than ${MAX_EXPANDED} characters`);
        insert(root, choice.split("/"), id);
      }
    }
    this.start = enter([], root);
  }

  /** Returns the state of `name` in a folder. */
  next(state: GlobState, name: string): GlobState {
    const hidden = name[0] === "." && !this.#dot;
    const reached: GlobNode[] = [];
    for (const node of state) {
      this.steps += 1;
      node.visits++;
      if (node.isDeep && !hidden) enter(reached, node);
      const literal = node.literals.get(name);
      if (literal) enter(reached, literal);
      for (const { test, next } of node.wild.values()) {
        if (this.steps > this.limit) return [];
        this.steps += test.cost * name.length;
        next.visits += test.cost * name.length;
        if (!(hidden && test.opens) && test.fits(name)) enter(reached, next);
      }
    }
    return reached.length > 1 ? [...new Set(reached)] : reached;
  }

  /** Returns the state of a relative, `/`-separated path. */
  at(path: string): GlobState {
    let state = this.start;
    for (const name of path.split("/")) if (name !== "") state = this.next(state, name);
    return state;
  }

  /** Returns the pattern that took the most steps. */
  busiest(): string {
    let most: GlobNode | undefined;
    const todo = [...this.start];
    for (let node = todo.pop(); node; node = todo.pop()) {
      if (!most || node.visits > most.visits) most = node;
      for (const next of node.literals.values()) todo.push(next);
      for (const { next } of node.wild.values()) todo.push(next);
      if (node.deep) todo.push(node.deep);
    }
    return this.#patterns[most?.first ?? 0] ?? "";
  }
}

/** Checks whether a pattern matches the path of a state. */
export function isMatch(state: GlobState): boolean {
  return state.some(({ ends }) => ends.length > 0);
}

/** Returns the first pattern that may match in the folder of a state, or matches the folder itself; Infinity if there is none. */
export function firstPattern(state: GlobState): number {
  return state.reduce((least, { first }) => Math.min(least, first), Number.POSITIVE_INFINITY);
}

export interface Glob {
  /** Checks a relative, `/`-separated path. */
  matches(path: string): boolean;
}

/** Compiles one pattern. @throws InstallError ELIMIT, as {@link GlobSet} */
export function glob(pattern: string, dot = false): Glob {
  const set = new GlobSet([pattern], dot);
  // Callers go through one folder after the other, so the result for the folder is remembered.
  let known = "";
  let above = set.start;
  return {
    matches(path) {
      const slash = path.lastIndexOf("/") + 1;
      const folder = path.slice(0, slash);
      if (folder !== known) {
        above = set.at(folder);
        known = folder;
      }
      return isMatch(slash < path.length ? set.next(above, path.slice(slash)) : above);
    },
  };
}

function choicesOf(pattern: string): string[] {
  if (pattern.length > MAX_LENGTH) throw refusedGlob(pattern, `has more than ${MAX_LENGTH} characters`);
  const choices = expandBraces(pattern.replaceAll("\\", "/"));
  if (!choices) throw refusedGlob(pattern, `expands to more than ${MAX_CHOICES} texts`);
  return choices;
}

function refusedGlob(pattern: string, why: string): InstallError {
  return new InstallError(overLimit(`The glob "${pattern}" ${why}. Use fewer or shorter globs.`));
}

function newNode(first: number, isDeep: boolean): GlobNode {
  return { first, literals: new Map(), wild: new Map(), isDeep, deep: null, ends: [], visits: 0 };
}

/** Adds a node that is reached, and the one behind a `**` that may match nothing. */
function enter(reached: GlobNode[], node: GlobNode): GlobNode[] {
  reached.push(node);
  if (node.deep) reached.push(node.deep);
  return reached;
}

function insert(root: GlobNode, segments: readonly string[], id: number): void {
  let node = root;
  for (const segment of segments) {
    // `**` after `**` adds nothing.
    if (segment === "" || (segment === "**" && node.isDeep)) continue;
    node = child(node, segment, id);
  }
  node.ends.push(id);
}

function child(node: GlobNode, segment: string, id: number): GlobNode {
  if (segment === "**") {
    node.deep ??= newNode(id, true);
    return node.deep;
  }
  const known = node.literals.get(segment) ?? node.wild.get(segment)?.next;
  if (known) return known;
  const next = newNode(id, false);
  if (!/[*?[]/.test(segment)) node.literals.set(segment, next);
  else node.wild.set(segment, { test: segmentTest(segment), next });
  return next;
}

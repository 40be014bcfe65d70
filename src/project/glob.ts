// Matches paths against npm's glob patterns. A pattern is a list of steps, once for the path's segments and, in each
// segment, once for its characters. Matching keeps the set of all steps that may be next, and never
// backtracks. Its cost is therefore bounded.
//
//   steps of `a*b`: a, *, b     text `axb`: {0} -a→ {1,2} -x→ {1,2} -b→ {1,2,3}; 3 is the end: it matches

/** One step of a pattern. It matches one item, or, if it is a star, any number of items. */
interface GlobStep<T> {
  readonly star: boolean;
  matches(item: T): boolean;
}

/** The indices of the steps that may be next. */
type Positions = ReadonlySet<number>;

/** Adds a position, and those after it that a star allows at once, because a star may match nothing. */
function enter<T>(steps: readonly GlobStep<T>[], into: Set<number>, at: number): Set<number> {
  into.add(at);
  return steps[at]?.star ? enter(steps, into, at + 1) : into;
}

/** Returns the positions after matching these items. */
function advance<T>(steps: readonly GlobStep<T>[], from: Positions, items: Iterable<T>): Positions {
  let positions = from;
  for (const item of items) {
    const next = new Set<number>();
    for (const at of positions) {
      const step = steps[at];
      if (step?.matches(item)) enter(steps, next, step.star ? at : at + 1);
    }
    positions = next;
  }
  return positions;
}

export interface Glob {
  /**
   * Checks a relative, `/`-separated path.
   * @param partial whether to accept a folder that may contain a match
   */
  matches(path: string, partial?: boolean): boolean;
}

/**
 * Compiles a pattern for `/`-separated paths: `*`, `?`, `[a-z]`, `[!x]`, `{a,b}`, and `**` for any number of folders. As in npm's
 * globs, a wildcard matches a leading dot only if `dot` is set.
 */
export function glob(pattern: string, dot = false): Glob {
  const choices = expandBraces(pattern.replaceAll("\\", "/")).map((choice) =>
    choice
      .split("/")
      .filter(Boolean)
      .map((segment) => segmentStep(segment, dot)),
  );
  // Callers go through one folder after the other, so the result for the folder is remembered.
  let known = "";
  let above: Positions[] = choices.map((steps) => enter(steps, new Set(), 0));
  const start = above;
  return {
    matches(path, partial = false) {
      const slash = path.lastIndexOf("/") + 1;
      const folder = path.slice(0, slash);
      if (folder !== known) {
        const segments = folder.split("/").filter(Boolean);
        above = choices.map((steps, i) => advance(steps, start[i]!, segments));
        known = folder;
      }
      const name = slash < path.length ? [path.slice(slash)] : [];
      return choices.some((steps, i) => {
        const positions = above[i]!.size > 0 ? advance(steps, above[i]!, name) : above[i]!;
        return partial ? positions.size > 0 : positions.has(steps.length);
      });
    },
  };
}

function segmentStep(segment: string, dot: boolean): GlobStep<string> {
  const hidden = (name: string): boolean => !dot && name[0] === ".";
  if (segment === "**") return { star: true, matches: (name) => !hidden(name) };
  if (!/[*?[]/.test(segment)) return { star: false, matches: (name) => name === segment };
  const wild = /^[*?[]/.test(segment);
  const fits = characters(segment);
  return { star: false, matches: (name) => !(wild && hidden(name)) && fits(name) };
}

function characters(segment: string): (name: string) => boolean {
  // a shortcut for the most common form, `*.js`
  const [, before, after] = /^([^*?[]*)\*([^*?[]*)$/.exec(segment) ?? [];
  if (before !== undefined && after !== undefined)
    return (name) => name.length >= segment.length - 1 && name.startsWith(before) && name.endsWith(after);
  const steps = characterSteps(segment);
  const start = enter(steps, new Set(), 0);
  return (name) => advance(steps, start, name).has(steps.length);
}

function characterSteps(segment: string): GlobStep<string>[] {
  const steps: GlobStep<string>[] = [];
  for (const part of segment.match(/\*+|\[[!^]?\]?[^\]]*\]|[\s\S]/gu) ?? []) {
    if (part[0] === "*") steps.push({ star: true, matches: () => true });
    else if (part === "?") steps.push({ star: false, matches: () => true });
    else if (part.length > 2 && part[0] === "[") steps.push(classStep(part));
    else steps.push({ star: false, matches: (char) => char === part });
  }
  return steps;
}

/** Parses a class of characters: `[a-c_]`, `[!a]`. */
function classStep(text: string): GlobStep<string> {
  const negated = /^\[[!^]/.test(text);
  const body = text.slice(negated ? 2 : 1, -1);
  const ranges = [...body.matchAll(/([\s\S])-([\s\S])|[\s\S]/gu)].map(([one, from, to]) => [from ?? one, to ?? one]);
  return { star: false, matches: (char) => ranges.some(([from, to]) => from! <= char && char <= to!) !== negated };
}

/** The most texts that the braces of a pattern expand to. Stops hostile patterns. */
const MAX_CHOICES = 1000;

/** Expands `a{b,c{d,e}}` to `ab`, `acd`, `ace`. A brace without a comma or without an end is literal text. */
function expandBraces(pattern: string): string[] {
  const done: string[] = [];
  const todo = [pattern];
  for (let text = todo.pop(); text !== undefined && done.length + todo.length < MAX_CHOICES; text = todo.pop()) {
    const found = /\{([^{}]*,[^{}]*)\}/.exec(text);
    if (!found) done.push(text);
    else for (const choice of (found[1] ?? "").split(",")) todo.push(text.replace(found[0], () => choice));
  }
  return done;
}

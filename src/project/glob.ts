/** One step of a pattern: matches an item, or, as a star, any number of them that it lets pass. */
interface Step<T> {
  readonly star: boolean;
  matches(item: T): boolean;
}

/** Whether `steps` match `items` whole, or at least their beginning. Sets of states, so no pattern costs more than its size. */
function run<T>(steps: readonly Step<T>[], items: readonly T[], partial: boolean): boolean {
  let states = new Set<number>();
  const enter = (into: Set<number>, at: number): void => {
    into.add(at);
    if (steps[at]?.star) enter(into, at + 1);
  };
  enter(states, 0);
  for (const item of items) {
    const next = new Set<number>();
    for (const at of states) {
      const step = steps[at];
      if (step?.matches(item)) enter(next, step.star ? at : at + 1);
    }
    states = next;
  }
  return partial ? states.size > 0 : states.has(steps.length);
}

export interface Glob {
  /** @param path `/`-separated, relative; `partial` takes a folder that a match could lie below. */
  matches(path: string, partial?: boolean): boolean;
}

/**
 * A pattern over `/`-separated paths: `*`, `?`, `[a-z]`, `[!x]`, `{a,b}`, and `**` for any number of folders. As in
 * npm's globs a wildcard does not take a leading dot unless `dot` says so.
 */
export function glob(pattern: string, dot = false): Glob {
  const choices = expandBraces(pattern.replaceAll("\\", "/")).map((choice) =>
    choice
      .split("/")
      .filter(Boolean)
      .map((segment) => segmentStep(segment, dot)),
  );
  return {
    matches(path, partial = false) {
      const segments = path.split("/").filter(Boolean);
      return choices.some((steps) => run(steps, segments, partial));
    },
  };
}

function segmentStep(segment: string, dot: boolean): Step<string> {
  const hidden = (name: string): boolean => !dot && name[0] === ".";
  if (segment === "**") return { star: true, matches: (name) => !hidden(name) };
  if (!/[*?[]/.test(segment)) return { star: false, matches: (name) => name === segment };
  const steps = characterSteps(segment);
  const wild = /^[*?[]/.test(segment);
  return { star: false, matches: (name) => !(wild && hidden(name)) && run(steps, [...name], false) };
}

function characterSteps(segment: string): Step<string>[] {
  const steps: Step<string>[] = [];
  for (const part of segment.match(/\*+|\[[!^]?\]?[^\]]*\]|[\s\S]/gu) ?? []) {
    if (part[0] === "*") steps.push({ star: true, matches: () => true });
    else if (part === "?") steps.push({ star: false, matches: () => true });
    else if (part.length > 2 && part[0] === "[") steps.push(classStep(part));
    else steps.push({ star: false, matches: (char) => char === part });
  }
  return steps;
}

/** `[a-c_]`, `[!a]`. */
function classStep(text: string): Step<string> {
  const negated = /^\[[!^]/.test(text);
  const body = text.slice(negated ? 2 : 1, -1);
  const ranges = [...body.matchAll(/([\s\S])-([\s\S])|[\s\S]/gu)].map(([one, from, to]) => [from ?? one, to ?? one]);
  return { star: false, matches: (char) => ranges.some(([from, to]) => from! <= char && char <= to!) !== negated };
}

const MAX_CHOICES = 1000;

/** `a{b,c{d,e}}` to `ab`, `acd`, `ace`. A brace without a comma or an end is taken as it stands. */
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

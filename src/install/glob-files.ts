import { glob } from "../project/glob.ts";

/**
 * Returns the paths that match a glob: `*`, `**`, `?`, `{a,b}`, `[a-z]`. As in npm, a wildcard matches no leading dot.
 * @throws InstallError ELIMIT if the pattern is too long
 */
export function globFiles(pattern: string, paths: readonly string[]): string[] {
  const cleaned = cleanPattern(pattern);
  const { matches } = glob(cleaned);
  // Comparing the literal start and end first is fast: `node_modules/*/lib/**/a.js` starts with `node_modules` and ends with `a.js`.
  const literal = /^[^*?{[\\]*/.exec(cleaned)?.[0] ?? "";
  const doubled = literal.indexOf("//");
  const start = literal.slice(0, doubled < 0 ? Math.max(literal.lastIndexOf("/"), 0) : doubled);
  let from = cleaned.length;
  while (from > 0 && !"*?}]\\/".includes(cleaned[from - 1] as string)) from--;
  const end = cleaned.slice(from);
  return paths.filter((path) => path.startsWith(start) && path.endsWith(end) && matches(path));
}

/** Removes slashes at both ends, and `./` at the start. */
function cleanPattern(pattern: string): string {
  let from = 0;
  while (pattern[from] === "/" || (pattern[from] === "." && pattern[from + 1] === "/")) from++;
  let to = pattern.length;
  while (to > from && pattern[to - 1] === "/") to--;
  return pattern.slice(from, to);
}

import { glob } from "../project/glob.ts";

/** Returns the paths that match a glob: `*`, `**`, `?`, `{a,b}`, `[a-z]`. As in npm, a wildcard matches no leading dot. */
export function globFiles(pattern: string, paths: readonly string[]): string[] {
  const cleaned = pattern.replace(/^(?:\.?\/+)+|\/+$/g, "");
  const { matches } = glob(cleaned);
  // Comparing the literal start and end first is fast: `node_modules/*/lib/**/a.js` starts with `node_modules` and ends with `a.js`.
  const start = /^[^*?{[\\]*/.exec(cleaned)?.[0].replace(/\/(?:\/.*)?$/, "") ?? "";
  const end = /[^*?}\]\\/]*$/.exec(cleaned)?.[0] ?? "";
  return paths.filter((path) => path.startsWith(start) && path.endsWith(end) && matches(path));
}

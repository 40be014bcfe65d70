import { glob } from "../project/glob.ts";

/** Those of `paths` that a pattern takes: `*`, `**`, `?`, `{a,b}`, `[a-z]`. A wildcard takes no leading dot, as in npm's globs. */
export function globFiles(pattern: string, paths: readonly string[]): string[] {
  const wanted = pattern.replace(/^(?:\.?\/+)+|\/+$/g, "");
  const { matches } = glob(wanted);
  // What begins and ends otherwise is known at a glance: `node_modules/*/lib/**/a.js` is about `node_modules/…a.js`.
  const start = /^[^*?{[\\]*/.exec(wanted)?.[0].replace(/\/(?:\/.*)?$/, "") ?? "";
  const end = /[^*?}\]\\/]*$/.exec(wanted)?.[0] ?? "";
  return paths.filter((path) => path.startsWith(start) && path.endsWith(end) && matches(path));
}

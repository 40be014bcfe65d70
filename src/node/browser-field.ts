import { isObject } from "../base/json.ts";

// The object form of package.json's `browser` field (the "package-browser-field-spec" that bundlers share):
// `{ "./node.js": "./page.js", "fs": false }`.

/** What stands in for a package that is imported by name. `false`: nothing; undefined: the field does not speak of it. */
export function replacedPackage(browser: unknown, specifier: string): string | false | undefined {
  return entryOf(browser, [specifier, specifier.replace(/^node:/, "")]);
}

/** What stands in for a file; `path` is relative to the package: `lib/a.js`. A key need not have `./`, nor an extension. */
export function replacedFile(
  browser: unknown,
  path: string,
  extensions: readonly string[],
): string | false | undefined {
  if (!isObject(browser)) return undefined;
  const names = [path];
  for (const extension of extensions) {
    if (!path.endsWith(extension)) continue;
    const bare = path.slice(0, -extension.length);
    names.push(bare);
    if (/(?:^|\/)index$/.test(bare)) names.push(bare.slice(0, -6) || ".");
  }
  return entryOf(
    browser,
    names.flatMap((name) => (name === "." ? [name] : [`./${name}`, name])),
  );
}

function entryOf(browser: unknown, keys: readonly string[]): string | false | undefined {
  if (!isObject(browser)) return undefined;
  for (const key of keys) {
    const value = Object.hasOwn(browser, key) ? browser[key] : undefined;
    if (typeof value === "string" || value === false) return value;
  }
  return undefined;
}

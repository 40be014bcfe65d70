import { isObject } from "../base/json.ts";

// Reads the object form of package.json's `browser` field, by the "package-browser-field-spec" that bundlers share. For
// example, `{ "./node.js": "./page.js", "fs": false }` replaces a file of the package, and replaces `fs` by an empty module.

/** Returns the replacement of a package. `false` means an empty module; undefined means that the field does not mention it. */
export function replacedPackage(browser: unknown, specifier: string): string | false | undefined {
  return entryOf(browser, [specifier, specifier.replace(/^node:/, "")]);
}

/** Returns the replacement of a file. `path` is relative to the package: `lib/a.js`. Keys may lack `./` and the extension. */
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

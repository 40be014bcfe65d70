// Loaded on demand: when a package.json has a value on which npm stops.

import type { InstallError } from "../errors/failure.ts";
import { invalidInput, shortValue } from "../errors/invalid-option.ts";
import type { OddPath } from "./odd-manifest.ts";

/** What the value of a field must be. */
const MUST: Readonly<Record<string, string>> = {
  os: "a name, or a list of names",
  cpu: "a name, or a list of names",
  libc: "a name, or a list of names",
};

/** EINVALIDINPUT: names the file, the value's path, and what it must be. @param value the whole content of the file */
export function manifestRefused(value: unknown, path: OddPath, file: string): InstallError {
  let odd = value;
  for (const key of path) odd = (odd as Record<string | number, unknown>)[key];
  const [first = "", ...more] = path;
  const isSection = String(first).endsWith("ependencies") && more.length === 0;
  const must = path.length === 0 ? "an object, such as {}" : isSection ? "an object of names and versions" : "text";
  const at = path.length === 0 ? "" : `: ${textOf(path)}`;
  return invalidInput(`${file}${at} must be ${MUST[first] ?? must}, not ${shortValue(odd)}.`);
}

/** Returns `dependencies["a"]`, `directories.bin` or `bin[0]`. */
function textOf([first, ...more]: OddPath): string {
  const part = (key: string | number): string => {
    if (typeof key === "number") return `[${key}]`;
    return first === "directories" ? `.${key}` : `["${key}"]`;
  };
  return `${first}${more.map(part).join("")}`;
}

// Loaded on demand: when a resolution has options.

import type { ResolveOptions } from "../../src/api/resolve.ts";
import { isObject } from "../../src/base/json.ts";
import { invalidOption } from "../../src/errors/invalid-option.ts";

const LISTS = new Set(["add", "rm", "workspaces", "omit", "minReleaseAgeExclude", "singletons"]);
const TEXTS = new Set(["savePrefix", "replaceRegistryHost", "defaultTag", "os", "cpu", "libc"]);
const CHOICES: ReadonlyMap<string, readonly unknown[]> = new Map<string, readonly unknown[]>([
  ["saveType", ["prod", "dev", "optional", "peer", "peerOptional"]],
  ["installStrategy", ["hoisted", "nested", "shallow", "linked"]],
  ["lockfileVersion", [1, 2, 3]],
  ...["allowGit", "allowRemote", "allowFile", "allowDirectory"].map((name): [string, readonly string[]] => [
    name,
    ["all", "root", "none"],
  ]),
]);

/** Checks the types of the options of `resolve`. @throws InstallError EINVALIDOPTION that names the option */
export function checkResolveOptions(options: Omit<ResolveOptions, "signal">): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === null) continue;
    const must = problemOf(name, value);
    if (must) throw invalidOption(`options.${name} must be ${must}.`);
  }
}

/** Returns what an option must be, or null if it is. */
function problemOf(name: string, value: unknown): string | null {
  if (LISTS.has(name)) return isList(value) ? null : 'a list of strings, such as ["react"]';
  if (TEXTS.has(name)) return typeof value === "string" ? null : "text";
  if (name === "update") return isUpdate(value) ? null : "true, a list of names, or { all, names }";
  if (name === "before") return typeof value === "string" || value instanceof Date ? null : "a date, or its text";
  if (name === "minReleaseAge") return typeof value === "number" ? null : "a number of days";
  const choices = CHOICES.get(name);
  return !choices || choices.includes(value) ? null : choices.map((one) => JSON.stringify(one)).join(" or ");
}

function isList(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}

function isUpdate(value: unknown): boolean {
  if (!isObject(value)) return typeof value === "boolean" || isList(value);
  return isList(value["names"] ?? []);
}

// Loaded on demand: when a resolution has options.

import type { ResolveOptions } from "../../src/api/resolve.ts";
import { isObject } from "../../src/base/json.ts";
import { invalidOption, shortValue } from "../../src/errors/invalid-option.ts";
import { checkOptionName } from "./option-name.ts";

/** What an option may be: a type, or the allowed values. `later`: its reader checks the value. */
type Rule = "list" | "text" | "boolean" | "update" | "date" | "days" | "omit" | "later" | readonly unknown[];

const SOURCES = ["all", "root", "none"];

/**
 * All options of `resolve`. The compiler demands an entry for each. A schema library would be larger than this table, and would word
 * its failures otherwise.
 */
const RULES: Readonly<Record<keyof ResolveOptions, Rule>> = {
  add: "list",
  rm: "list",
  update: "update",
  saveType: ["prod", "dev", "optional", "peer", "peerOptional"],
  saveBundle: "boolean",
  save: "boolean",
  strictNpmrc: "boolean",
  savePrefix: "text",
  saveExact: "boolean",
  workspaces: "list",
  includeWorkspaceRoot: "boolean",
  legacyPeerDeps: "boolean",
  strictPeerDeps: "boolean",
  force: "boolean",
  preferDedupe: "boolean",
  installStrategy: ["hoisted", "nested", "shallow", "linked"],
  installLinks: "boolean",
  omit: "omit",
  before: "date",
  minReleaseAge: "days",
  minReleaseAgeExclude: "list",
  engineStrict: "boolean",
  lockfileVersion: [1, 2, 3],
  omitLockfileRegistryResolved: "boolean",
  formatPackageLock: "boolean",
  allowUnusedPatches: "boolean",
  allowGit: SOURCES,
  allowRemote: SOURCES,
  allowFile: SOURCES,
  allowDirectory: SOURCES,
  replaceRegistryHost: "text",
  defaultTag: "text",
  os: "text",
  cpu: "text",
  libc: "text",
  completeLockfile: "boolean",
  packageLock: "boolean",
  strategy: "later",
  relax: "later",
  resolutionMode: "later",
  prereleases: "later",
  singletons: "list",
  solverLimit: "later",
  signal: "later",
};

/**
 * Checks the names and values of the options of `resolve`. Makes a list of a text in `add` and `rm`.
 * @throws InstallError EINVALIDOPTION that names the option
 */
export function checkResolveOptions(options: Omit<ResolveOptions, "signal">): void {
  for (const [name, value] of Object.entries(options)) {
    checkOptionName(name, Object.keys(RULES));
    if (value === undefined || value === null) continue;
    if ((name === "add" || name === "rm") && typeof value === "string") options[name] = [value];
    else checkValue(name as keyof ResolveOptions, value);
  }
}

function checkValue(name: keyof ResolveOptions, value: unknown): void {
  const rule = RULES[name];
  const must = problemOf(rule, value);
  if (!must) return;
  const listed = (rule === "list" || rule === "omit") && Array.isArray(value);
  const at = listed ? value.findIndex((each) => problemOf(rule, [each])) : -1;
  const path = at < 0 ? name : `${name}[${at}]`;
  const what = at < 0 || rule === "omit" ? must : "text";
  throw invalidOption(`options.${path} must be ${what}, not ${shortValue(at < 0 ? value : (value as unknown[])[at])}.`);
}

/** Returns what an option must be, or null if it is. */
function problemOf(rule: Rule, value: unknown): string | null {
  if (rule === "list") return isList(value) ? null : 'a list of strings, such as ["react"]';
  if (rule === "omit") {
    const good = isList(value) && value.every((each) => ["dev", "optional", "peer"].includes(each));
    return good ? null : '"dev", "optional" or "peer"';
  }
  if (rule === "text") return typeof value === "string" ? null : "text";
  if (rule === "boolean") return typeof value === "boolean" ? null : "true or false";
  if (rule === "update") return isUpdate(value) ? null : "true, a list of names, or { all, names }";
  if (rule === "date") return typeof value === "string" || value instanceof Date ? null : "a date, or its text";
  if (rule === "days") return Number.isFinite(value) ? null : "a number of days";
  return rule === "later" || rule.includes(value) ? null : rule.map((one) => JSON.stringify(one)).join(" or ");
}

function isList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}

function isUpdate(value: unknown): boolean {
  if (!isObject(value)) return typeof value === "boolean" || isList(value);
  return isList(value["names"] ?? []);
}

// Loaded on demand: when an option is unknown, or has a value that it cannot have.

import type { InstallError } from "../errors/failure.ts";
import { invalidOption, shortValue } from "../errors/invalid-option.ts";
import { closestWord } from "./closest-word.ts";
import { isObject } from "./json.ts";
import {
  fits,
  LONGEST_DELAY,
  MOST_WORKERS,
  type OptionRule,
  type OptionRules,
  type OptionTest,
} from "./option-rules.ts";

/** Continues "must be …". */
const WORDS: Readonly<Record<OptionTest, string>> = {
  any: "valid",
  entry: "a path, or a list of paths",
  files: "an object of texts and Uint8Arrays",
  tsconfig: "a path or false",
  moduleCache: "an object with the methods `get` and `set`",
  text: "text",
  boolean: "true or false",
  function: "a function",
  object: "an object",
  list: 'a list of strings, such as ["react"]',
  texts: 'a string or a list of strings, such as ["react"]',
  omit: 'a list of "dev", "optional" and "peer"',
  table: "an object of texts",
  tableOrBoolean: "true, false or an object of texts",
  listOrBoolean: "true, false or a list of keys",
  scopes: "an object or a Map of URLs by scope",
  url: "a URL",
  urls: "a list of http or https URLs",
  relay: "an http or https URL, or a path",
  date: "a date, or its text, such as 2026-01-31",
  age: "a number of days",
  delay: `a number of milliseconds above 0, at most ${LONGEST_DELAY}`,
  positive: "a number above 0",
  rate: "a number from 0",
  count: "a whole number from 1, or Infinity",
  workers: `a whole number from 1 to ${MOST_WORKERS}`,
  retries: "a whole number from 0",
  version: "a version, such as 24.22.3",
  signal: "an AbortSignal",
  sink: "a Map, or a sink with a method `open`",
  update: "true, a list of names, or { all, names }",
};

/** Tests of lists, and what each entry must be. */
const ENTRIES: Readonly<Partial<Record<OptionTest, string>>> = {
  list: "text",
  texts: "text",
  omit: '"dev", "optional" or "peer"',
  listOrBoolean: "text",
  update: "text",
};

/** Values that may contain credentials. No message repeats them. */
const SECRET: ReadonlySet<OptionRule> = new Set(["url", "urls", "relay", "scopes"]);

/**
 * Returns the failure of options that do not fit their rules: EINVALIDOPTION, which names the first wrong option by its path, what it
 * must be, and for an unknown option the most similar one.
 * @param path the path of `value` itself: `options`
 */
export function refusal(rule: OptionRule, value: unknown, path = "options"): InstallError {
  try {
    return refusalOf(rule, value, path);
  } catch {
    return invalidOption(`${path} cannot be read.`);
  }
}

function refusalOf(rule: OptionRule, value: unknown, path: string): InstallError {
  if (typeof rule === "string") return refusedValue(rule, value, path);
  if (Array.isArray(rule)) return refused(path, rule.map((one) => JSON.stringify(one)).join(" or "), value);
  const rules = rule as OptionRules;
  if (!isObject(value)) return refused(path, "an object", value);
  for (const [name, each] of Object.entries(value)) {
    if (!Object.hasOwn(rules, name)) return unknownOption(name, Object.keys(rules), path);
    if (each !== undefined && !fits(rules[name]!, each)) return refusal(rules[name]!, each, `${path}.${name}`);
  }
  return refused(path, "valid", value);
}

/** Checks options where nothing can be loaded on demand. @throws InstallError EINVALIDOPTION */
export function checkOptions(rule: OptionRule, value: unknown): void {
  if (!fits(rule, value)) throw refusal(rule, value);
}

/** EINVALIDOPTION: two options that contradict each other. */
export function conflict(name: string, other: string): InstallError {
  const wayOut = [{ kind: "option", text: `Leave \`${name}\` out.`, option: name } as const];
  return invalidOption(`options.${name} cannot be used with ${other}.`, wayOut);
}

function refusedValue(rule: OptionTest, value: unknown, path: string): InstallError {
  const entry = ENTRIES[rule];
  const at = entry && Array.isArray(value) ? value.findIndex((each) => !fits(rule, [each])) : -1;
  if (at >= 0) return refused(`${path}[${at}]`, entry as string, (value as unknown[])[at]);
  if (rule === "update" && isObject(value)) return refusal({ all: "boolean", names: "list" }, value, path);
  if (SECRET.has(rule) && typeof value !== "number") return invalidOption(`${path} must be ${WORDS[rule]}.`);
  // A text may be a secret that was put in the wrong place.
  if (rule === "function" && typeof value === "string") return invalidOption(`${path} must be a function, not text.`);
  return refused(path, WORDS[rule], value);
}

function refused(path: string, must: string, value: unknown): InstallError {
  const option = path.replace(/^options\.?/, "") || "options";
  const wayOut = [{ kind: "option", text: `Set \`${option}\` to ${must}.`, option } as const];
  return invalidOption(`${path} must be ${must}, not ${shortValue(value)}.`, wayOut);
}

function unknownOption(name: string, names: readonly string[], owner: string): InstallError {
  const shown = name.slice(0, 80);
  const near = closestWord(shown, names);
  const hint = near ? `Did you mean "${near}"?` : `The options are ${names.join(", ")}.`;
  const wayOut = near ? [{ kind: "option", text: `Write \`${near}\`.`, option: near } as const] : [];
  return invalidOption(`Unknown option: ${owner}.${shown}. ${hint}`, wayOut);
}

// Loaded on demand: when an installer is created with other options than its registries and its mode.

import type { InstallerOptions } from "../../src/api/resolve.ts";
import { isObject } from "../../src/base/json.ts";
import { invalidOption } from "../../src/errors/invalid-option.ts";
import { httpUrl } from "../../src/registry/registry-config.ts";
import { checkOptionName } from "./option-name.ts";

/** The longest delay of a timer. A longer one would fire at once. */
const LONGEST_DELAY = 2 ** 31 - 1;

/** What a number may be: its least and largest value, and the words for it. */
type NumberRule = readonly [least: number, most: number, words: string];

const DELAY: NumberRule = [Number.MIN_VALUE, LONGEST_DELAY, `a positive number, at most ${LONGEST_DELAY}`];
const COUNT: NumberRule = [1, Number.POSITIVE_INFINITY, "a number from 1"];
const POSITIVE: NumberRule = [Number.MIN_VALUE, Number.POSITIVE_INFINITY, "a positive number"];
const FROM_ZERO: NumberRule = [0, Number.MAX_VALUE, "0 or a positive number"];

const NUMBERS: ReadonlyMap<string, NumberRule> = new Map([
  ["timeout", DELAY],
  ["deadline", DELAY],
  ["minRate", FROM_ZERO],
  ["packumentLimit", POSITIVE],
  ["retries", FROM_ZERO],
  ["concurrency", COUNT],
  ["tarballConcurrency", COUNT],
  ["extractWorkers", COUNT],
]);

const CHOICES: ReadonlyMap<string, readonly string[]> = new Map([
  ["metadata", ["full", "abbreviated"]],
  ["cache", ["default", "revalidate", "prefer-offline", "offline", "none"]],
  ["io", ["page", "worker"]],
]);

/** All options of an installer. The compiler demands an entry for each. */
const NAMES: Readonly<Record<keyof InstallerOptions, 1>> = {
  registry: 1,
  scopes: 1,
  token: 1,
  tokenUrls: 1,
  projectConfig: 1,
  fetch: 1,
  metadata: 1,
  mode: 1,
  cache: 1,
  storeName: 1,
  io: 1,
  workerUrl: 1,
  platform: 1,
  onProgress: 1,
  concurrency: 1,
  tarballConcurrency: 1,
  extractWorkers: 1,
  timeout: 1,
  deadline: 1,
  minRate: 1,
  packumentLimit: 1,
  retries: 1,
  proxy: 1,
  env: 1,
};

/** Checks the options of an installer, except its registries and its mode. @throws InstallError EINVALIDOPTION that names the option */
export function checkInstallerOptions(options: InstallerOptions): void {
  for (const [name, value] of Object.entries(options)) {
    checkOptionName(name, Object.keys(NAMES));
    if (value !== undefined) checkOne(name, value);
  }
}

function checkOne(name: string, value: unknown): void {
  const demand = (good: boolean, what: string): void => {
    if (!good) throw invalidOption(`options.${name} must be ${what}.`);
  };
  const [least, most, words] = NUMBERS.get(name) ?? [];
  if (words) demand(typeof value === "number" && value >= (least as number) && value <= (most as number), words);
  const choices = CHOICES.get(name);
  if (choices) demand(choices.includes(value as string), choices.map((one) => `"${one}"`).join(" or "));
  if (name === "fetch" || name === "token" || name === "onProgress") demand(typeof value === "function", "a function");
  if (name === "workerUrl") demand(typeof value === "string" || value instanceof URL, "a URL");
  // The messages do not repeat a URL: it may contain credentials.
  if (name === "tokenUrls") demand(isList(value) && value.every((url) => httpUrl(url)), "a list of http or https URLs");
  if (name === "storeName" || name === "proxy") demand(typeof value === "string", "text");
  if (name === "projectConfig") demand(isList(value) || typeof value === "boolean", "a boolean or a list of keys");
  if (name === "env") {
    const isText = (one: unknown): boolean => one === undefined || typeof one === "string";
    demand(isObject(value) && Object.values(value).every(isText), "an object of texts");
  }
  if (name === "platform") {
    const parts = isObject(value) ? Object.values(value) : [null];
    demand(
      parts.every((part) => part === undefined || typeof part === "string"),
      "an object of names and versions",
    );
  }
}

function isList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}

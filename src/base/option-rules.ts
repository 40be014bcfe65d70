import { isObject } from "./json.ts";

export type OptionTest =
  | "any"
  | "entry"
  | "files"
  | "tsconfig"
  | "moduleCache"
  | "text"
  | "boolean"
  | "function"
  | "object"
  | "list"
  | "texts"
  | "omit"
  | "table"
  | "tableOrBoolean"
  | "listOrBoolean"
  | "scopes"
  | "url"
  | "urls"
  | "relay"
  | "date"
  | "age"
  | "delay"
  | "positive"
  | "rate"
  | "count"
  | "workers"
  | "retries"
  | "version"
  | "signal"
  | "sink"
  | "update";

/** What an option may be: the name of a test, the allowed values, or the rules of its members. */
export type OptionRule = OptionTest | readonly unknown[] | OptionRules;
export type OptionRules = { readonly [name: string]: OptionRule };
/** The compiler demands a rule for each option of `T`. */
export type RulesOf<T> = Readonly<Record<keyof T, OptionRule>>;

/** The longest delay of a timer. A longer one would fire at once. */
export const LONGEST_DELAY: number = 2 ** 31 - 1;
/** Workers that one installer may start. */
export const MOST_WORKERS = 64;

const isText = (value: unknown): boolean => typeof value === "string";
const isOver = (value: unknown, least: number): boolean => typeof value === "number" && value > least;
const isWhole = (value: unknown): boolean => Number.isInteger(value) || value === Number.POSITIVE_INFINITY;
const isList = (value: unknown, test: (each: unknown) => boolean): boolean => Array.isArray(value) && value.every(test);
const isTable = (value: unknown): boolean =>
  isObject(value) && Object.values(value).every((each) => each === undefined || isText(each));
const isFunction = (value: unknown): boolean => typeof value === "function";
const isHttp = (value: unknown): boolean => URL.canParse(`${value}`) && /^https?:/i.test(`${value}`);

/** Each test accepts the values that an option may have. Its words are in refuse-option.ts. */
const TESTS: Readonly<Record<OptionTest, (value: unknown) => boolean>> = {
  // Its reader checks the value.
  any: () => true,
  entry: (value) => (isText(value) || isList(value, isText)) && (value as string).length > 0,
  files: (value) => isObject(value) && Object.values(value).every((each) => isText(each) || each instanceof Uint8Array),
  tsconfig: (value) => value === false || isText(value),
  moduleCache: (value) => isFunction(Object(value).get) && isFunction(Object(value).set),
  text: isText,
  boolean: (value) => typeof value === "boolean",
  function: isFunction,
  object: isObject,
  list: (value) => isList(value, isText),
  texts: (value) => isText(value) || isList(value, isText),
  omit: (value) => isList(value, (each) => ["dev", "optional", "peer"].includes(each as string)),
  table: isTable,
  tableOrBoolean: (value) => typeof value === "boolean" || isTable(value),
  listOrBoolean: (value) => typeof value === "boolean" || isList(value, isText),
  scopes: (value) => value instanceof Map || isTable(value),
  url: (value) => isText(value) || value instanceof URL,
  urls: (value) => isList(value, isHttp),
  relay: (value) => isText(value) && (isHttp(value) || !URL.canParse(`${value}`)),
  date: (value) => (isText(value) || value instanceof Date) && !Number.isNaN(+new Date(value as string)),
  age: (value) => Number.isFinite(value) && isOver(value, -1e-9),
  delay: (value) => isOver(value, 0) && (value as number) <= LONGEST_DELAY,
  positive: (value) => isOver(value, 0),
  rate: (value) => Number.isFinite(value) && isOver(value, -1e-9),
  count: (value) => isWhole(value) && isOver(value, 0),
  workers: (value) => Number.isInteger(value) && isOver(value, 0) && (value as number) <= MOST_WORKERS,
  retries: (value) => Number.isInteger(value) && isOver(value, -1),
  version: (value) => isText(value) && /^v?\d+\.\d+\.\d+/.test(value as string),
  signal: (value) => isFunction((value as AbortSignal | null)?.throwIfAborted),
  sink: (value) => value instanceof Map || isFunction((value as { open?: unknown } | null)?.open),
  update: (value) =>
    typeof value === "boolean" || isList(value, isText) || fits({ all: "boolean", names: "list" }, value),
};

/**
 * Checks whether a value, or each member of an object of options, may be what it is. An undefined option is none. A value that cannot be
 * read, such as a revoked proxy or one with a getter that throws, may not.
 */
export function fits(rule: OptionRule, value: unknown): boolean {
  try {
    return matches(rule, value);
  } catch {
    return false;
  }
}

function matches(rule: OptionRule, value: unknown): boolean {
  if (typeof rule === "string") return TESTS[rule](value);
  if (Array.isArray(rule)) return rule.includes(value);
  return (
    isObject(value) &&
    Object.entries(value).every(
      ([name, each]) =>
        each === undefined || (Object.hasOwn(rule, name) && matches((rule as OptionRules)[name]!, each)),
    )
  );
}

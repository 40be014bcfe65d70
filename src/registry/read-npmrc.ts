// Loaded on demand: when a project has an `.npmrc`.
// Imports nothing that the rest imports: the build would put that into a file of its own, which every page would load.

import type { Failure } from "../api/failure.ts";
import type { ResolveOptions, SaveType } from "../api/resolve.ts";
import type { Npmrc, NpmrcOptions, NpmrcRules } from "./npmrc.ts";
import { warn } from "./npmrc-warning.ts";

type IniValue = string | boolean | null | (string | boolean | null)[];
type ValueReader = (value: IniValue) => unknown;

const CREDENTIALS =
  /^(?:\/\/|_|(?:username|email|cert|key|certfile|keyfile|otp)$)|:(?:_auth|_authToken|_password|certfile|email|keyfile|username)$/;
/** A reference to an environment variable. One without a value must not be used as literal text. */
const ENVIRONMENT = /\$\{[^${}]+\}/;
/** A reference with the backslashes that escape it. `?` after the name makes a missing variable empty text. */
const REFERENCE = /(?<!\\)(\\*)\$\{([^${}?]+)(\?)?\}/g;
const SCOPE_REGISTRY = /^(@[^:/]+):registry$/;
const SCOPE = /^@[^:]*:/;
const STRATEGIES = ["hoisted", "nested", "shallow", "linked"];
const ALLOWED = ["all", "root", "none"];
/** The values of `include`, and after the first those of `omit`. */
const TYPES = ["prod", "dev", "optional", "peer"];

// Each reader returns undefined for a value of the wrong type. npm warns about it and ignores it.
const readLast: ValueReader = (value) => (Array.isArray(value) ? value.at(-1) : value);
const readText: ValueReader = (value) => {
  const one = readLast(value);
  return one === null ? undefined : String(one);
};
/** Reads a boolean as npm does: a number by its value, `null` as false, any other word as true. */
const readFlag: ValueReader = (value) => {
  const one = readLast(value);
  if (typeof one !== "string") return !!one;
  return one.trim() === "" || Number.isNaN(Number(one)) || Number(one) !== 0;
};
const readOneOf =
  (allowed: readonly string[]): ValueReader =>
  (value) => {
    const one = readText(value);
    return allowed.includes(one as string) ? one : undefined;
  };
const readList: ValueReader = (value) => [value].flat().map(String);
const readNumber: ValueReader = (value) => {
  const one = readLast(value);
  return typeof one === "string" && one.trim() !== "" && !Number.isNaN(Number(one)) ? Number(one) : undefined;
};
const readVersion: ValueReader = (value) =>
  [1, 2, 3].includes(readNumber(value) as number) ? readNumber(value) : undefined;
const readDate: ValueReader = (value) =>
  Number.isNaN(Date.parse(readText(value) as string)) ? undefined : readText(value);
const readGlobs: ValueReader = (value) =>
  (readList(value) as string[]).flatMap((each) => each.split(",").map((glob) => glob.trim())).filter(Boolean);

/** What a reader reads: an option, or a word that {@link readOptions} turns into options. */
type Word =
  | keyof NpmrcOptions
  | "include"
  | "production"
  | "optional"
  | "dev"
  | "shallow"
  | "nested"
  | SaveWord
  | ScriptWord;
type ScriptWord = "allow" | "ignore" | "all";
type SaveWord = "save-dev" | "save-optional" | "save-peer" | "save-prod";

/** The keys that count, and what each sets. docs/npmrc.md describes them. */
export const READERS: ReadonlyMap<string, readonly [Word, ValueReader]> = new Map<string, [Word, ValueReader]>([
  ["legacy-peer-deps", ["legacyPeerDeps", readFlag]],
  ["strict-peer-deps", ["strictPeerDeps", readFlag]],
  ["prefer-dedupe", ["preferDedupe", readFlag]],
  ["engine-strict", ["engineStrict", readFlag]],
  ["install-links", ["installLinks", readFlag]],
  ["package-lock", ["packageLock", readFlag]],
  ["shrinkwrap", ["packageLock", readFlag]],
  ["include-workspace-root", ["includeWorkspaceRoot", readFlag]],
  ["strict-npmrc", ["strictNpmrc", readFlag]],
  ["force", ["force", readFlag]],
  ["save", ["save", readFlag]],
  ["save-bundle", ["saveBundle", readFlag]],
  ["save-dev", ["save-dev", readFlag]],
  ["save-optional", ["save-optional", readFlag]],
  ["save-peer", ["save-peer", readFlag]],
  ["save-prod", ["save-prod", readFlag]],
  ["save-exact", ["saveExact", readFlag]],
  ["save-prefix", ["savePrefix", readText]],
  ["tag", ["defaultTag", readText]],
  ["os", ["os", readText]],
  ["cpu", ["cpu", readText]],
  ["libc", ["libc", readText]],
  ["install-strategy", ["installStrategy", readOneOf(STRATEGIES)]],
  ["global-style", ["shallow", readFlag]],
  ["legacy-bundling", ["nested", readFlag]],
  ["replace-registry-host", ["replaceRegistryHost", readText]],
  ["allow-git", ["allowGit", readOneOf(ALLOWED)]],
  ["allow-remote", ["allowRemote", readOneOf(ALLOWED)]],
  ["allow-file", ["allowFile", readOneOf(ALLOWED)]],
  ["allow-directory", ["allowDirectory", readOneOf(ALLOWED)]],
  ["lockfile-version", ["lockfileVersion", readVersion]],
  ["omit-lockfile-registry-resolved", ["omitLockfileRegistryResolved", readFlag]],
  ["format-package-lock", ["formatPackageLock", readFlag]],
  ["before", ["before", readDate]],
  ["min-release-age", ["minReleaseAge", readNumber]],
  ["min-release-age-exclude", ["minReleaseAgeExclude", readGlobs]],
  ["allow-scripts", ["allow", readGlobs]],
  ["ignore-scripts", ["ignore", readFlag]],
  ["dangerously-allow-all-scripts", ["all", readFlag]],
  ["omit", ["omit", readList]],
  ["include", ["include", readList]],
  ["production", ["production", readFlag]],
  ["optional", ["optional", readFlag]],
  ["dev", ["dev", readFlag]],
]);

/** Reads a key or a value: removes quotes, unescapes `\;` and `\#`, and drops a comment at the end. */
function unquote(raw: string): string {
  const trimmed = raw.trim();
  const quote = /^(["']).*\1$/s.exec(trimmed)?.[1];
  if (quote) {
    const inner = quote === "'" ? trimmed.slice(1, -1) : trimmed;
    try {
      return String(JSON.parse(inner));
    } catch {
      return inner;
    }
  }
  return (/^(?:\\.|[^;#\\]|\\$)*/s.exec(trimmed)?.[0] ?? "").replace(/\\([;#\\])/g, "$1").trim();
}

/** Returns the keys above the first `[section]`, the only ones that npm reads. Later lines win. `key[] =` collects values. */
function parseIni(source: string): Map<string, IniValue> {
  const found = new Map<string, IniValue>();
  for (const line of source.split(/[\r\n]+/)) {
    if (/^\s*(?:[;#]|$)/.test(line)) continue;
    if (/^\[[^\]]*\]\s*$/.test(line)) break;
    const [, rawKey, assigned, rawValue] = /^([^=]+)(=(.*))?$/.exec(line) ?? [];
    if (rawKey === undefined) continue;
    const name = unquote(rawKey);
    const many = name.length > 2 && name.endsWith("[]");
    const key = many ? name.slice(0, -2) : name;
    const word = assigned ? unquote(rawValue ?? "") : "true";
    const value = wordValue(word);
    const before = found.get(key);
    if (Array.isArray(before)) before.push(value);
    else found.set(key, many ? (before === undefined ? [value] : [before, value]) : value);
  }
  return found;
}

/** Puts the variables of `env` in the place of references, as npm does. A reference to a missing one stays. */
function substitute(
  entries: ReadonlyMap<string, IniValue>,
  env: Readonly<Record<string, string>>,
): Map<string, IniValue> {
  const replaced = (text: string): string =>
    text.replace(REFERENCE, (reference: string, escapes: string, name: string, isOptional?: string) => {
      if (escapes.length % 2) return reference.slice((escapes.length + 1) / 2);
      const value = Object.hasOwn(env, name) ? env[name] : isOptional ? "" : `\${${name}}`;
      return escapes.slice(escapes.length / 2) + value;
    });
  const one = (value: string | boolean | null): string | boolean | null =>
    typeof value === "string" && ENVIRONMENT.test(value) ? wordValue(replaced(value)) : value;
  return new Map(
    [...entries].map(([key, value]) => [replaced(key), Array.isArray(value) ? value.map(one) : one(value)]),
  );
}

/** Returns the value of an unquoted word. */
function wordValue(word: string): string | boolean | null {
  return word === "null" ? null : word === "true" || (word === "false" ? false : word);
}

/** Warns of a variable that `env` does not have. @param what the beginning of a sentence, up to the word before "value" */
function unset(what: string): Failure {
  const message = `${what} value refers to an environment variable that the option \`env\` does not have.`;
  return warn(message, [{ kind: "other", text: "Pass the variable with the option `env`." }]);
}

type ToBase = (url: string) => string | undefined;

/** Deletes the keys that the installer does not allow. `*` stands for every key, and `@*:registry` for that of every scope. */
function deleteKeys(entries: Map<string, IniValue>, { projectConfig, registry, scopes }: NpmrcRules): Failure[] {
  const warnings: Failure[] = [];
  const list = Array.isArray(projectConfig) ? (projectConfig as readonly string[]) : undefined;
  const isEveryAllowed = !list || list.includes("*");
  for (const key of entries.keys()) {
    if (list?.includes(key) || list?.includes(key.replace(SCOPE, "@*:"))) continue;
    const [, scope] = SCOPE_REGISTRY.exec(key) ?? [];
    const isOverruled = scope !== undefined && registry !== undefined;
    if (isEveryAllowed && !isOverruled) continue;
    entries.delete(key);
    const isGiven = [scope, scope?.slice(1)].some((name) => name !== undefined && Object.hasOwn(scopes ?? {}, name));
    if (isEveryAllowed && !isGiven) warnings.push(overruled(key));
  }
  return warnings;
}

/** Warns that the `registry` of the installer holds for a scope too, because a project must not lead it elsewhere. */
function overruled(key: string): Failure {
  const text = `Set the registry of the scope with \`scopes\`, or name ${key} in \`projectConfig\`.`;
  const message = `${key} is ignored, because the installer has a \`registry\` of its own.`;
  return warn(message, [{ kind: "option", option: "scopes", text }]);
}

function readRegistries(entries: Map<string, IniValue>, npmrc: Npmrc, toBase: ToBase): void {
  for (const [key, value] of entries) {
    const scope = key === "registry" ? "" : SCOPE_REGISTRY.exec(key)?.[1];
    if (scope === undefined) continue;
    const base = toBase((readText(value) as string | undefined) ?? "");
    // The message does not repeat the value: a URL may contain credentials.
    if (!base) npmrc.warnings.push(warn(`${key} is ignored: its value is not an http or https URL.`));
    else if (scope) npmrc.scopes.set(scope, base);
    else npmrc.registry = base;
  }
}

/** Returns npm's omit list: the omitted types without the included ones. The older keys for both still count. */
function omitted(values: Map<string, unknown>): ResolveOptions["omit"] {
  const omit = [...((values.get("omit") as string[] | undefined) ?? [])];
  const include = [...((values.get("include") as string[] | undefined) ?? [])];
  const production = values.get("production");
  const optional = values.get("optional");
  if (production !== undefined) (production ? omit : include).push("dev");
  if (optional !== undefined) (optional ? include : omit).push("optional");
  if (values.get("dev")) include.push("dev");
  const left = [...new Set(omit)].filter((type) => !include.includes(type));
  return left as NonNullable<ResolveOptions["omit"]>;
}

/**
 * Returns the section that `save-*` asks for, as npm does: the last key wins, and `save-peer` with `save-optional` means an optional
 * peer.
 */
function saveTypeOf(values: ReadonlyMap<string, unknown>): SaveType | undefined {
  let type: SaveType | undefined;
  for (const [word, isSet] of values) {
    const section = /^save-(dev|optional|peer|prod)$/.exec(word)?.[1] as SaveType | undefined;
    if (!section || !isSet) continue;
    const isBoth =
      type !== undefined && /peer|optional/i.test(type) && /peer|optional/.test(section) && type !== section;
    type = isBoth ? "peerOptional" : section;
  }
  return type;
}

/** Replaces the words that are no options by the options that they mean. */
function replaceWords(values: Map<string, unknown>): void {
  const saveType = saveTypeOf(values);
  for (const word of ["save-dev", "save-optional", "save-peer", "save-prod"]) values.delete(word);
  if (saveType) values.set("saveType", saveType);
  // As in npm, the old keys win over `install-strategy`, wherever that is in the file.
  const strategies = [...values].filter(([word, isSet]) => isSet && (word === "shallow" || word === "nested"));
  for (const word of ["shallow", "nested"]) values.delete(word);
  const [strategy] = strategies.at(-1) ?? [];
  if (strategy) values.set("installStrategy", strategy);
  const omit = OMIT_WORDS.some((word) => values.has(word)) ? omitted(values) : undefined;
  for (const word of OMIT_WORDS) values.delete(word);
  if (omit?.length) values.set("omit", omit);
}

const OMIT_WORDS = ["omit", "include", "production", "optional", "dev"];

const SCRIPT_WORDS = ["allow", "ignore", "all"];

function readOptions(entries: Map<string, IniValue>, npmrc: Npmrc): NpmrcOptions {
  const values = new Map<string, unknown>();
  for (const [key, value] of entries) {
    const [option, read] = READERS.get(key) ?? [];
    if (!option || !read) continue;
    let result = value === null && read !== readFlag ? null : read(value);
    if (read === readList) {
      const unknown = (result as string[]).find((type) => !TYPES.includes(type, key === "omit" ? 1 : 0));
      if (unknown !== undefined) result = undefined;
    }
    // null means that the key is not set
    if (result === undefined) npmrc.warnings.push(warn(`${key} is ignored: npm does not know its value.`));
    else if (result !== null) values.set(option, result);
  }
  // If one file has both a date and an age, the date wins. The whole rule is in release-age.ts.
  if (values.has("before")) values.delete("minReleaseAge");
  if (values.get("saveExact")) values.set("savePrefix", "");
  replaceWords(values);
  const ofScripts = [...values].filter(([word]) => SCRIPT_WORDS.includes(word));
  for (const [word] of ofScripts) values.delete(word);
  if (ofScripts.length > 0) npmrc.scripts = Object.fromEntries(ofScripts);
  return Object.fromEntries(values) as NpmrcOptions;
}

/** Checks whether the npm whose rules apply knows a key of {@link READERS}. */
function isKnownTo(npmRules: NpmrcRules["npmRules"], key: string): boolean {
  if (key === "shrinkwrap") return npmRules?.readsShrinkwraps ?? true;
  return key !== "strict-npmrc" || (npmRules?.refusesUnknownKeys ?? true);
}

/** The parts of an `.npmrc` that must not reach a host that only the project names. */
export interface NpmrcSecrets {
  /** By key. */
  readonly credentials: Map<string, string>;
  /** The registries whose URL has a variable: scopes, and `""` for the default one. */
  readonly registries: string[];
}

/** Takes the credentials out of the entries. Returns whether one of them refers to a variable that `env` does not have. */
function takeCredentials(entries: Map<string, IniValue>, credentials: Map<string, string>): boolean {
  let isAnyUnset = false;
  for (const [key, value] of entries) {
    if (!CREDENTIALS.test(key)) continue;
    entries.delete(key);
    const text = (readText(value) as string | undefined) ?? "";
    if (ENVIRONMENT.test(key) || ENVIRONMENT.test(text)) isAnyUnset = true;
    else credentials.set(key, text);
  }
  return isAnyUnset;
}

/**
 * Parses an `.npmrc`. Never throws: problems become warnings.
 * @param toBase returns a base URL, or undefined if the text is not one
 */
export function readNpmrc(
  source: string,
  toBase: ToBase,
  rules: NpmrcRules = {},
): { npmrc: Npmrc; secrets: NpmrcSecrets } {
  const parsed = parseIni(source.replace(/^\uFEFF/, ""));
  const entries = rules.env ? substitute(parsed, rules.env) : parsed;
  const npmrc: Npmrc = { options: {}, scopes: new Map(), warnings: deleteKeys(entries, rules), others: [] };
  const isRead = (key: string): boolean =>
    key === "registry" || SCOPE_REGISTRY.test(key) || (READERS.has(key) && isKnownTo(rules.npmRules, key));
  npmrc.others = [...entries.keys()].filter((key) => !isRead(key) && !CREDENTIALS.test(key));
  for (const key of npmrc.others) entries.delete(key);
  const secrets: NpmrcSecrets = { credentials: new Map(), registries: [] };
  if (takeCredentials(entries, secrets.credentials)) npmrc.warnings.push(unset("credentials are ignored: their"));
  for (const [key, value] of entries) {
    if (!ENVIRONMENT.test(key) && ![value].flat().some((each) => ENVIRONMENT.test(String(each)))) continue;
    entries.delete(key);
    npmrc.warnings.push(unset(`${key} is ignored: its`));
  }
  readRegistries(entries, npmrc, toBase);
  npmrc.options = readOptions(entries, npmrc);
  for (const scope of [...(npmrc.registry ? [""] : []), ...npmrc.scopes.keys()]) {
    const key = scope ? `${scope}:registry` : "registry";
    if (parsed.get(key) !== entries.get(key)) secrets.registries.push(scope);
  }
  return { npmrc, secrets };
}

/**
 * Parses an `.npmrc`, limits what must stay secret to hosts that the embedder named, and judges the keys that nothing acts on.
 * @throws InstallError EUNKNOWNCONFIG if unknown keys are refused
 */
export async function readAllowed(source: string, toBase: ToBase, rules: NpmrcRules): Promise<Npmrc> {
  const { npmrc, secrets } = readNpmrc(source, toBase, rules);
  if (secrets.credentials.size > 0 || secrets.registries.length > 0) {
    const { limitToNamed } = await import("./npmrc-credentials.ts");
    limitToNamed(npmrc, secrets, rules);
  }
  if (npmrc.others.length === 0) return npmrc;
  const { judgeKeys } = await import("./npmrc-keys.ts");
  const strict = rules.strictNpmrc ?? npmrc.options.strictNpmrc ?? false;
  npmrc.warnings.push(...judgeKeys(npmrc.others, { strict, rules: rules.npmRules }));
  return npmrc;
}

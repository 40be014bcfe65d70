import type { Platform } from "../../src/api/common.ts";
import type { ProjectInput, ResolveOptions } from "../../src/api/resolve.ts";
import { npmRules } from "../../src/spec/npm-rules.ts";
import type { Snapshot } from "../support/registry/snapshot.ts";

export const SUITES = ["projects", "arborist", "real", "random"] as const;
/** The suites that are committed as packs. */
export type PackedSuite = (typeof SUITES)[number];
/** `features`: hand-made cases of the rules that npm 12 changed. */
export type Suite = PackedSuite | "features";

/** A recorded case: npm's input and npm's answer. */
export interface RecordedCase {
  suite: Suite;
  name: string;
  /** The name of the project's folder, which is the lock's `name` if package.json has none. */
  dirname: string;
  /** The project's folder inside `files`; `.` for the root. */
  cwd: string;
  options: ResolveOptions & { nodeVersion?: string; ignoreExtension?: boolean };
  /** Text, base64 bytes, or a package.json as a value (written with two blanks). */
  files: Record<string, string | { b64: string } | Record<string, unknown>>;
  /** Symlinks inside the file set: from path to target, relative to the link's folder. */
  links?: Record<string, string>;
  expect: RecordedAnswer;
}

export interface RecordedAnswer {
  ok?: boolean;
  /** npm's complete lock. */
  lock?: string;
  /** The files that npm changed besides the lock, by path in the file set. Null if not recorded. */
  filesAfter?: Record<string, string> | null;
  error?: RecordedError;
  /** npm loops forever. */
  nonTerminating?: boolean;
  /** npm crashes. */
  internal?: string;
}

export interface RecordedError {
  code: string;
  message?: string;
  pkgid?: string;
  edge?: { name: string; spec: string; from: { name?: string } };
  /** npm's lines on stderr, without the prefix `npm error`. */
  text?: string[];
}

/** The package that a failure must name. */
export interface Culprit {
  package?: string;
  spec?: string;
  from?: string;
}

export type Expected =
  | { kind: "lock"; path: string; text: string; files: Record<string, string> | null }
  | { kind: "failure"; code: string; culprit: Culprit }
  /** npm hangs or crashes here: any lock or coded failure is right, in bounded time. */
  | { kind: "bounded" };

export interface ConformanceCase {
  suite: Suite;
  name: string;
  project: ProjectInput;
  options: ResolveOptions;
  platform: Platform;
  snapshot: Snapshot;
  expected: Expected;
}

/** The machine on which npm's answers were recorded. */
export const PLATFORM: Platform = { os: "linux", cpu: "x64", libc: "glibc", node: "20.20.2", npm: "11.19.1" };

/** Splits `@s/a@^1` into `@s/a` and `^1`. */
function splitSpec(text: string): { package: string; spec?: string } {
  const at = text.indexOf("@", 1);
  return at < 0 ? { package: text } : { package: text.slice(0, at), spec: text.slice(at + 1) };
}

/**
 * Finds the culprit in npm's output: `peer react@"^18.3.1" from react-dom@18.3.1`, `No matching version found for
 * ms@^999.0.0.`
 */
function culpritOfText(lines: readonly string[]): Culprit {
  const at = lines.indexOf("Could not resolve dependency:");
  const edge = /(\S+)@"([^"]*)" from (?:(\S+)@\S+$)?/.exec(at < 0 ? "" : (lines[at + 1] ?? ""));
  if (edge?.[1]) return { package: edge[1], spec: edge[2] ?? "", ...(edge[3] ? { from: edge[3] } : {}) };
  const one = /(?:found for|platform for) (\S+?)[.:]?(?: |$)/.exec(lines.join("\n").replaceAll("\n", " "));
  return one?.[1] ? splitSpec(one[1].replace(/[.:]$/, "")) : {};
}

function culpritOf(error: RecordedError): Culprit {
  if (error.edge) {
    const { name, spec, from } = error.edge;
    return { package: name, spec, ...(from.name ? { from: from.name } : {}) };
  }
  if (error.text) return culpritOfText(error.text);
  const message = error.message ?? "";
  const named = /(?:version found for|Override for) (\S+)/.exec(message)?.[1]?.replace(/\.$/, "");
  if (named) return splitSpec(named);
  if (error.pkgid) return /^https?:/.test(error.pkgid) ? { spec: error.pkgid } : splitSpec(error.pkgid);
  return {};
}

function bytesOf(b64: string): Uint8Array {
  return Uint8Array.from(atob(b64), (character) => character.charCodeAt(0));
}

function fileOf(value: RecordedCase["files"][string]): string | Uint8Array {
  if (typeof value === "string") return value;
  return typeof value["b64"] === "string" ? bytesOf(value["b64"]) : `${JSON.stringify(value, null, 2)}\n`;
}

/** Normalises a path: `packages/x/../a` is `packages/a`. Returns null if it leaves the set. */
function normal(path: string): string | null {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.join("/");
}

/**
 * Replaces each link to a folder of the set by a copy of that folder, because a file set has no symlinks. Links below
 * `node_modules` are left out, because installed packages are not part of the input.
 */
function expandLinks(files: Record<string, string | Uint8Array>, links: Record<string, string>): void {
  for (const [link, target] of Object.entries(links)) {
    if (/(^|\/)node_modules\//.test(link)) continue;
    const folder = normal(`${link}/../${target}`);
    if (folder === null) continue;
    for (const path of Object.keys(files)) {
      if (path === folder) files[link] = files[path] ?? "";
      else if (path.startsWith(`${folder}/`)) files[`${link}${path.slice(folder.length)}`] = files[path] ?? "";
    }
  }
}

function expectedOf({ expect, cwd, files }: RecordedCase, npm: string): Expected {
  if (expect.error) return { kind: "failure", code: expect.error.code, culprit: culpritOf(expect.error) };
  if (expect.lock === undefined) return { kind: "bounded" };
  const below = cwd === "." ? "" : `${cwd}/`;
  const shrinkwrapped = `${below}npm-shrinkwrap.json` in files && npmRules(npm).readsShrinkwraps;
  const name = shrinkwrapped ? "npm-shrinkwrap.json" : "package-lock.json";
  return {
    kind: "lock",
    path: below + name,
    text: expect.lock,
    files: expect.filesAfter === undefined ? {} : expect.filesAfter,
  };
}

/** Makes a runnable case from a recorded one. @param npm the npm whose rules hold; picks see the version of {@link PLATFORM} */
export function caseOf(recorded: RecordedCase, snapshot: Snapshot, npm: string = PLATFORM.npm): ConformanceCase {
  const files = Object.fromEntries(Object.entries(recorded.files).map(([path, value]) => [path, fileOf(value)]));
  expandLinks(files, recorded.links ?? {});
  // `ignoreExtension` is npm's: webhoist never runs the project's code.
  const { nodeVersion, ignoreExtension: _, ...options } = recorded.options;
  return {
    suite: recorded.suite,
    name: recorded.name,
    project: { files, root: recorded.cwd === "." ? "" : recorded.cwd, name: recorded.dirname },
    options,
    platform: { ...PLATFORM, npm, ...(nodeVersion ? { node: nodeVersion } : {}) },
    snapshot,
    expected: expectedOf(recorded, npm),
  };
}

/** A random registry. `phase` 2 starts from a lock and changes something. */
export interface RandomRecord {
  seed: number;
  phase?: number;
  files: RecordedCase["files"];
  options: RecordedCase["options"];
  expect: RecordedAnswer & { packageJson?: string };
}

/**
 * Returns the name of a record. For phase 2 it contains the change: `17+add`, `17+update`, or `17+` if only package.json
 * changed.
 */
export function randomName({ seed, phase, options }: RandomRecord): string {
  return phase ? `${seed}+${options.add ? "add" : options.update ? "update" : ""}` : String(seed);
}

/** A hand-made case of a rule that npm 12 changed. */
export interface FeatureRecord {
  name: string;
  files: RecordedCase["files"];
  options: RecordedCase["options"];
  packuments: Record<string, unknown>;
  /** By path: base64. */
  tarballs?: Record<string, string>;
  expect: RecordedAnswer & { packageJson?: string };
  /** The answer of npm 11.19.1, if it differs. */
  expect11?: RecordedAnswer & { packageJson?: string };
}

export function recordedFeature({ name, files, options, expect, expect11 }: FeatureRecord, npm: string): RecordedCase {
  const answer = npmRules(npm).knowsLock4 ? expect : (expect11 ?? expect);
  return madeCase({ suite: "features", name, files, options, answer });
}

export function recordedRandom(record: RandomRecord): RecordedCase {
  const { files, options, expect } = record;
  return madeCase({ suite: "random", name: randomName(record), files, options, answer: expect });
}

interface MadeRecord extends Pick<RecordedCase, "suite" | "name" | "files" | "options"> {
  answer: RecordedAnswer & { packageJson?: string };
}

function madeCase({ suite, name, files, options, answer }: MadeRecord): RecordedCase {
  const { packageJson } = answer;
  return {
    suite,
    name,
    dirname: "root",
    cwd: ".",
    options,
    files,
    // `npm update` changes package.json too, but only the changes of `npm install x` were recorded
    expect: { ...answer, filesAfter: packageJson ? { "package.json": packageJson } : null },
  };
}

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { cachedFiles, folderSnapshot } from "../support/registry/folder.ts";
import { inlineSnapshot, type Snapshot } from "../support/registry/snapshot.ts";
import {
  type ConformanceCase,
  caseOf,
  type RandomRecord,
  type RecordedCase,
  randomName,
  recordedRandom,
  type Suite,
} from "./recorded.ts";

/** A case in a folder. It is opened when it is run, because some have megabytes. */
export interface LazyCase {
  suite: Suite;
  name: string;
  open(): ConformanceCase;
}

interface CaseFile extends RecordedCase {
  packuments: Record<string, string>;
  tarballs: { url: string; file: string }[];
  expect: RecordedCase["expect"] & { lockfile?: string };
}

const files = cachedFiles();
const text = (...path: string[]): string => readFileSync(join(...path), "utf8");

function openCase(root: string, suite: Suite, name: string): ConformanceCase {
  const folder = join(root, "cases", suite, name);
  const recorded = JSON.parse(text(folder, "case.json")) as CaseFile;
  const packuments = new Map(Object.entries(recorded.packuments));
  const tarballs = new Map(recorded.tarballs.map(({ url, file }) => [url, file]));
  const snapshot: Snapshot = {
    packument(asked) {
      const file = packuments.get(asked);
      return file === undefined ? undefined : files.gunzipped(join(root, "cases", file));
    },
    tarball(path) {
      const file = tarballs.get(path);
      return file === undefined ? undefined : files.plain(join(root, "cases", file));
    },
    names: () => [...packuments.keys()],
  };
  const lock = recorded.expect.lockfile === undefined ? {} : { lock: text(folder, "expected-lock.json") };
  return caseOf({ ...recorded, suite, name, expect: { ...recorded.expect, ...lock } }, snapshot);
}

/** The suffix of a project's folder names the flag with which it was recorded. */
const FLAGS: readonly [suffix: string, options: RecordedCase["options"]][] = [
  ["-legacy-peer-deps", { legacyPeerDeps: true }],
  ["-nested", { installStrategy: "nested" }],
];

function openProject(root: string, name: string, snapshot: Snapshot): ConformanceCase {
  const folder = join(root, "projects", name);
  const options = FLAGS.find(([suffix]) => name.endsWith(suffix))?.[1] ?? {};
  const project = { "package.json": text(folder, "package.json") };
  const expect = { ok: true, lock: text(folder, "package-lock.json") };
  return caseOf({ suite: "projects", name, dirname: name, cwd: ".", options, files: project, expect }, snapshot);
}

export function openRandom(line: string): ConformanceCase {
  const record = JSON.parse(line) as RandomRecord & { packuments: Record<string, unknown> };
  return caseOf(recordedRandom(record), inlineSnapshot(record.packuments));
}

function randomCases(root: string): LazyCase[] {
  const file = join(root, "cases", "random.ndjson.gz");
  if (!existsSync(file)) return [];
  const lines = gunzipSync(readFileSync(file)).toString().trim().split("\n");
  return lines.map((line) => ({
    suite: "random" as const,
    name: randomName(JSON.parse(line) as RandomRecord),
    open: () => openRandom(line),
  }));
}

const folders = (...path: string[]): string[] => (existsSync(join(...path)) ? readdirSync(join(...path)).sort() : []);

/** Returns all cases below `root`, a folder of the big recorded registry. */
export function folderCases(root: string, suites: readonly string[]): LazyCase[] {
  const cases: LazyCase[] = [];
  if (suites.includes("projects")) {
    const snapshot = folderSnapshot(join(root, "snapshot"));
    for (const name of folders(root, "projects")) {
      cases.push({ suite: "projects", name, open: () => openProject(root, name, snapshot) });
    }
  }
  for (const suite of ["arborist", "real"] as const) {
    if (!suites.includes(suite)) continue;
    for (const name of folders(root, "cases", suite))
      cases.push({ suite, name, open: () => openCase(root, suite, name) });
  }
  return suites.includes("random") ? [...cases, ...randomCases(root)] : cases;
}

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { npmRules } from "../../src/spec/npm-rules.ts";
import { cachedFiles, folderSnapshot } from "../support/registry/folder.ts";
import { inlineSnapshot, type Snapshot } from "../support/registry/snapshot.ts";
import {
  type ConformanceCase,
  caseOf,
  type FeatureRecord,
  PLATFORM,
  type RandomRecord,
  type RecordedCase,
  randomName,
  recordedFeature,
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

/** The name of the hand-made cases of npm 12's rules, as a file of lines. */
export const FEATURES = "features.ndjson.gz";

/** The recorded answers of one npm. Those of 12.2.2 are kept only where they differ from those of 11.19.1. */
interface Answers {
  root: string;
  npm: string;
}

/** Returns npm 12's answer if it is asked for and differs. The folder is `npm12/` below the recorded registry. */
function laterAnswer({ root, npm }: Answers, ...folder: string[]): RecordedCase["expect"] | undefined {
  if (!npmRules(npm).knowsLock4) return undefined;
  const at = join(root, "npm12", ...folder);
  for (const lock of ["expected-lock.json", "package-lock.json"])
    if (existsSync(join(at, lock))) return { ok: true, lock: text(at, lock) };
  return existsSync(join(at, "error.json")) ? JSON.parse(text(at, "error.json")) : undefined;
}

function openCase(answers: Answers, suite: Suite, name: string): ConformanceCase {
  const { root, npm } = answers;
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
  const later = laterAnswer(answers, "cases", suite, name);
  const { filesAfter = {} } = recorded.expect;
  return caseOf(
    { ...recorded, suite, name, expect: later ? { filesAfter, ...later } : { ...recorded.expect, ...lock } },
    snapshot,
    npm,
  );
}

/** The suffix of a project's folder names the flag with which it was recorded. */
const FLAGS: readonly [suffix: string, options: RecordedCase["options"]][] = [
  ["-legacy-peer-deps", { legacyPeerDeps: true }],
  ["-nested", { installStrategy: "nested" }],
];

function openProject(answers: Answers, name: string, snapshot: Snapshot): ConformanceCase {
  const { root, npm } = answers;
  const folder = join(root, "projects", name);
  const options = FLAGS.find(([suffix]) => name.endsWith(suffix))?.[1] ?? {};
  const project = { "package.json": text(folder, "package.json") };
  const expect = laterAnswer(answers, "projects", name) ?? { ok: true, lock: text(folder, "package-lock.json") };
  return caseOf({ suite: "projects", name, dirname: name, cwd: ".", options, files: project, expect }, snapshot, npm);
}

/** Leaves out the edge of a failure: npm 12 may blame another one with the same code, which was not recorded. */
function withoutCulprit({ error, ...answer }: RandomRecord["expect"]): RandomRecord["expect"] {
  return error ? { ...answer, error: { code: error.code } } : answer;
}

export function openRandom(line: string, npm: string = PLATFORM.npm, later?: RandomRecord["expect"]): ConformanceCase {
  const record = JSON.parse(line) as RandomRecord & { packuments: Record<string, unknown> };
  const expect = later ?? (npmRules(npm).knowsLock4 ? withoutCulprit(record.expect) : record.expect);
  return caseOf(recordedRandom({ ...record, expect }), inlineSnapshot(record.packuments), npm);
}

/** Returns the hand-made cases of a file. */
export function featureCases(file: string, npm: string): LazyCase[] {
  const bytes = readFileSync(file);
  const lines = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString().trim().split("\n");
  return lines.map((line) => {
    const record = JSON.parse(line) as FeatureRecord;
    const tarballs = Object.entries(record.tarballs ?? {}).map(([path, b64]) => [path, Buffer.from(b64, "base64")]);
    const snapshot = inlineSnapshot(record.packuments, Object.fromEntries(tarballs));
    return { suite: "features", name: record.name, open: () => caseOf(recordedFeature(record, npm), snapshot, npm) };
  });
}

/** Returns npm 12's answers to random registries, by seed and phase, where they differ. */
function laterRandom({ root, npm }: Answers): Map<string, RandomRecord["expect"]> {
  const file = join(root, "npm12", "random.ndjson");
  const lines = npmRules(npm).knowsLock4 && existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  const records = lines.map((line) => JSON.parse(line) as RandomRecord);
  return new Map(records.map(({ seed, phase, expect }) => [`${seed}.${phase ?? ""}`, expect]));
}

function randomCases(answers: Answers): LazyCase[] {
  const { root, npm } = answers;
  const file = join(root, "cases", "random.ndjson.gz");
  if (!existsSync(file)) return [];
  const lines = gunzipSync(readFileSync(file)).toString().trim().split("\n");
  const later = laterRandom(answers);
  return lines.map((line) => {
    const record = JSON.parse(line) as RandomRecord;
    const answer = later.get(`${record.seed}.${record.phase ?? ""}`);
    return { suite: "random", name: randomName(record), open: () => openRandom(line, npm, answer) };
  });
}

const folders = (...path: string[]): string[] => (existsSync(join(...path)) ? readdirSync(join(...path)).sort() : []);

/** Returns all cases below `root`, a folder of the big recorded registry. */
export function folderCases(root: string, suites: readonly string[], npm: string = PLATFORM.npm): LazyCase[] {
  const answers = { root, npm };
  const cases: LazyCase[] = [];
  if (suites.includes("projects")) {
    const snapshot = folderSnapshot(join(root, "snapshot"));
    for (const name of folders(root, "projects")) {
      cases.push({ suite: "projects", name, open: () => openProject(answers, name, snapshot) });
    }
  }
  for (const suite of ["arborist", "real"] as const) {
    if (!suites.includes(suite)) continue;
    for (const name of folders(root, "cases", suite))
      cases.push({ suite, name, open: () => openCase(answers, suite, name) });
  }
  if (suites.includes("random")) cases.push(...randomCases(answers));
  const features = join(root, "npm12", "features.ndjson");
  if (suites.includes("features") && existsSync(features)) cases.push(...featureCases(features, npm));
  return cases;
}

import { expect, test } from "vitest";
import type { Manifest } from "../../src/api/manifest.ts";
import { runToEnd } from "../../src/base/run-to-end.ts";
import { legacyDependencies } from "../../src/lockfile/legacy-lock.ts";
import { readLock } from "../../src/lockfile/read-lock.ts";
import { writeLock } from "../../src/lockfile/write-lock.ts";
import { ProjectFiles } from "../../src/project/files.ts";
import { npmRules } from "../../src/spec/npm-rules.ts";
import { lockNodes } from "./lock-nodes.ts";
import { type RecordedLock, recordedLocks } from "./recorded-locks.ts";

const RULES = npmRules("11.19.1");

const locks = recordedLocks();

interface LockShape {
  name: string;
  lockfileVersion: number;
  packages: Record<string, Manifest>;
  [key: string]: unknown;
}

/** Reads npm's lock, makes nodes from its entries, and writes them again. */
async function rewrite({ text, peerless }: RecordedLock, lockfileVersion: number): Promise<string> {
  const json = JSON.parse(text) as LockShape;
  // a deep folder, because some locks have links to folders above the project
  const root = `/up/up/up/${json.name}`;
  const manifest = json.packages[""] ?? {};
  const files = new ProjectFiles({ "package-lock.json": text }, root);
  const lock = await readLock({ files, root, manifest, rules: RULES });
  if (!lock?.loaded) throw new Error("unreadable");
  const indent = /^\{\n([ \t]+)/.exec(text)?.[1];
  const { extra } = lock;
  const nodes = lockNodes(lock, { root, manifest, peerless });
  return runToEnd(
    writeLock({ ...nodes, lockfileVersion, indent, extra, legacy: (root) => legacyDependencies(root, RULES) }),
  );
}

const versionOf = ({ text }: RecordedLock): number => (JSON.parse(text) as LockShape).lockfileVersion;

test.each(locks.filter((lock) => versionOf(lock) === 3))("writes $name exactly as npm did", async (lock) => {
  expect(await rewrite(lock, 3)).toBe(lock.text);
});

test.each(locks.filter((lock) => versionOf(lock) === 2))("writes $name in versions 2, 1 and 3", async (lock) => {
  expect(await rewrite(lock, 2)).toBe(lock.text);
  const { packages, dependencies, ...rest } = JSON.parse(lock.text) as LockShape;
  const text = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;
  expect(await rewrite(lock, 1)).toBe(text({ ...rest, lockfileVersion: 1, ...(dependencies ? { dependencies } : {}) }));
  expect(await rewrite(lock, 3)).toBe(text({ ...rest, lockfileVersion: 3, packages }));
});

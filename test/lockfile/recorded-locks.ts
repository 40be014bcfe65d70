import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

export interface RecordedLock {
  name: string;
  text: string;
  /** Recorded with legacy-peer-deps: no node has peer edges. */
  peerless: boolean;
}

const FIXTURES = new URL("fixtures/", import.meta.url).pathname;

/** Locks written by npm: those in this folder, and with WEBHOIST_REGISTRY all of the recorded registry. */
export function recordedLocks(): RecordedLock[] {
  const own = readdirSync(FIXTURES).filter((file) => file.endsWith(".json"));
  const locks = own.map((name) => ({ name, text: readFileSync(join(FIXTURES, name), "utf8"), peerless: false }));
  const registry = process.env["WEBHOIST_REGISTRY"];
  return registry ? [...locks, ...registryLocks(registry)] : locks;
}

function registryLocks(root: string): RecordedLock[] {
  const locks: RecordedLock[] = [];
  for (const [folder, file] of [
    ["projects", "package-lock.json"],
    ["cases/arborist", "expected-lock.json"],
    ["cases/real", "expected-lock.json"],
  ] as const) {
    for (const name of readdirSync(join(root, folder))) {
      const path = join(root, folder, name, file);
      if (!existsSync(path)) continue;
      const recorded = join(root, folder, name, "case.json");
      const peerless = existsSync(recorded) && readFileSync(recorded, "utf8").includes('"legacyPeerDeps":');
      locks.push({ name: `${folder}/${name}`, text: readFileSync(path, "utf8"), peerless });
    }
  }
  const random = gunzipSync(readFileSync(join(root, "cases/random.ndjson.gz"))).toString();
  for (const [line, json] of random.trim().split("\n").entries()) {
    const { lock } = (JSON.parse(json) as { expect: { lock?: string } }).expect;
    if (lock) locks.push({ name: `random:${line}`, text: lock, peerless: false });
  }
  return locks;
}

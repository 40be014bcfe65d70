import { createHash } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { InstallProgress } from "../../src/api/install.ts";
import type { FileSink, SinkLink } from "../../src/api/sink.ts";
import { createInstaller, type Installer } from "../../web/index.ts";
import { failureOf } from "../support/outcome.ts";
import { type LockEntry, lockEntry, lockOf, type TestPackage, tarballPath, testPackage } from "./packages.ts";
import { openTestRegistry, type TestRegistry } from "./test-registry.ts";

// Installs in Node: the same code as on a page, without threads.

const A = testPackage("a@1.0.0", { scripts: { postinstall: "node x.js", test: "x" } }, { "a.js": "a" });
const B = testPackage("b@1.0.0", { bin: "b.js" }, { "b.js": "#!/usr/bin/env node\n" });
const C = testPackage("c@1.0.0");

let testRegistry: TestRegistry & AsyncDisposable;
let installer: Installer;

beforeEach(async () => {
  testRegistry = await openTestRegistry();
  testRegistry.publish(A, B, C);
  installer = await createInstaller({ mode: "inline", registry: testRegistry.url, retries: 0 });
});
afterEach(async () => {
  installer.dispose();
  await testRegistry[Symbol.asyncDispose]();
});

const entry = (one: TestPackage, more: Record<string, unknown> = {}): LockEntry =>
  lockEntry(one, testRegistry.url, more);
const lockAt = (...packages: TestPackage[]): string =>
  lockOf(Object.fromEntries(packages.map((one) => [`node_modules/${one.name}`, entry(one)])));
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

test("a package at twelve locations is downloaded and verified once, and fills twelve folders", async () => {
  const places = Array.from({ length: 12 }, (_, i) => [
    [`node_modules/p${i}`, entry(C, { name: "c" })],
    [`node_modules/p${i}/node_modules/b`, entry(B)],
  ]);
  const seen: InstallProgress[] = [];
  const map = new Map<string, Uint8Array | SinkLink>();
  const lock = lockOf(Object.fromEntries(places.flat()) as Record<string, LockEntry>);
  const project = await installer.install(lock, { sink: map, onProgress: (progress) => void seen.push(progress) });
  expect([...testRegistry.asked].sort()).toEqual([tarballPath(B), tarballPath(C)]);
  expect(project.report).toMatchObject({ packages: 24, fetched: 2, stored: 0 });
  const { operations, packs, packsDone, phase } = seen.at(-1) as InstallProgress;
  expect([phase, packs, packsDone]).toEqual(["done", 2, 2]);
  const kinds = operations.map(({ kind, state }) => `${kind} ${state}`).sort();
  const times = (count: number, what: string): string[] => Array(count).fill(what);
  expect(kinds).toEqual([...times(2, "download done"), ...times(2, "extract done"), ...times(24, "write done")]);
  for (const { start, end, bytes } of operations) {
    expect(bytes).toBeGreaterThan(0);
    expect(end ?? -1).toBeGreaterThanOrEqual(start ?? Number.NaN);
  }
});

test("a parent's folder is written before its children's", async () => {
  const order: string[] = [];
  const state = { held: new Map<string, string>() };
  const sink = {
    open: async () => ({
      ...state,
      begin: async () => {},
      write: async (location: string) => {
        await new Promise((done) => setTimeout(done, location.length % 7));
        order.push(location);
      },
      commit: async () => {},
      abort: async () => {},
    }),
  };
  const places = ["node_modules/a", "node_modules/a/node_modules/b", "node_modules/a/node_modules/b/node_modules/c"];
  const lock = lockOf({
    [places[0] as string]: entry(A),
    [places[1] as string]: entry(B),
    [places[2] as string]: entry(C),
  });
  await installer.install(lock, { sink });
  expect(order).toEqual(places);
});

test("an installed package is not downloaded again, not even when it moves", async () => {
  await installer.install(lockAt(A, B));
  testRegistry.asked.length = 0;
  const moved = lockOf({ "node_modules/a": entry(A), "node_modules/a/node_modules/b": entry(B) });
  const { report } = await installer.install(moved);
  expect(testRegistry.asked).toEqual([]);
  expect(report).toMatchObject({ fetched: 0, stored: 2, transferred: 0 });
});

test("an update of a sink reports and writes only what it adds, changes and removes", async () => {
  const map = new Map<string, Uint8Array | SinkLink>();
  await installer.install(lockAt(A, B), { sink: map });
  const kept = map.get("node_modules/a/a.js");
  const next = testPackage("b@2.0.0");
  testRegistry.publish(next);
  const { report } = await installer.install(lockAt(A, next, C), { sink: map });
  expect(report).toMatchObject({ added: ["node_modules/c"], changed: ["node_modules/b"], removed: [] });
  expect(map.get("node_modules/a/a.js")).toBe(kept);
  expect(map.has("node_modules/b/b.js") || map.has("node_modules/.bin/b")).toBe(false);
  const last = await installer.install(lockAt(C), { sink: map });
  expect(last.report.removed).toEqual(["node_modules/a", "node_modules/b"]);
  expect([...map.keys()].every((path) => path.startsWith("node_modules/c/"))).toBe(true);
});

test("install scripts are listed and not run", async () => {
  const { report } = await installer.install(lockAt(A));
  const script = {
    location: "node_modules/a",
    name: "a",
    version: "1.0.0",
    scripts: { postinstall: "node x.js" },
    allowed: null,
  };
  expect(report.scripts).toEqual([script]);
});

test("a missing integrity is computed, written into the lock, and warned of", async () => {
  const lock = lockOf({ "node_modules/a": entry(A, { integrity: undefined }), "node_modules/b": entry(B) });
  const { report, lockfile } = await installer.install(lock);
  expect(report.computed).toEqual({ "node_modules/a": A.integrity });
  expect(report.warnings.map(({ code }) => code)).toContain("ENOINTEGRITY");
  expect(JSON.parse(lockfile).packages["node_modules/a"].integrity).toBe(A.integrity);
  // The computed integrity is checked from now on.
  testRegistry.answers.set(tarballPath(A), [{ bytes: B.bytes }]);
  const other = await createInstaller({ mode: "inline", registry: testRegistry.url });
  expect((await failureOf(other.install(lockfile))).code).toBe("EINTEGRITY");
  other.dispose();
});

test("a weaker hash never stands in for a strong one that cannot be read, not even for a cached pack", async () => {
  testRegistry.answers.set(tarballPath(A), [{ bytes: B.bytes }]);
  const sha1 = `sha1-${createHash("sha1").update(B.bytes).digest("base64")}`;
  const lockWith = (integrity: string): string => lockOf({ "node_modules/a": entry(A, { integrity }) });
  expect((await installer.install(lockWith(sha1))).report.packages).toBe(1);
  for (const strong of [
    A.integrity.replace(/.$/, "*"),
    A.integrity.toUpperCase(),
    "sha512-",
    `${A.integrity}=`,
    "sha3-AAAA",
  ]) {
    const { code, details } = await failureOf(installer.install(lockWith(`${strong} ${sha1}`)));
    expect([strong, code, details?.["expected"]]).toEqual([strong, "EINTEGRITY", `${strong} ${sha1}`]);
  }
});

test("a tarball with the wrong hash is downloaded twice, and fails with both hashes", async () => {
  testRegistry.answers.set(tarballPath(A), [{ bytes: B.bytes }]);
  const { code, details, requiredBy } = await failureOf(installer.install(lockAt(A, B)));
  expect([code, requiredBy, testRegistry.count(tarballPath(A))]).toEqual(["EINTEGRITY", ["node_modules/a"], 2]);
  const url = testRegistry.url + tarballPath(A);
  expect(details).toMatchObject({ expected: A.integrity, actual: B.integrity, url });
  testRegistry.answers.set(tarballPath(A), [{ bytes: A.bytes }]);
  expect((await installer.install(lockAt(A, B))).report.packages).toBe(2);
});

test("a correct second download is accepted", async () => {
  testRegistry.answers.set(tarballPath(A), [{ bytes: B.bytes }, { bytes: A.bytes }]);
  const project = await installer.install(lockAt(A));
  expect(textOf(await project.readFile("node_modules/a/a.js"))).toBe("a");
  expect([testRegistry.count(tarballPath(A)), project.report.warnings]).toEqual([2, []]);
});

test("a missing required package fails the install, and a missing optional one is left out with what only it needs", async () => {
  testRegistry.answers.set(tarballPath(A), [{ status: 404 }]);
  const missing = await failureOf(installer.install(lockAt(A, B)));
  expect(missing).toMatchObject({ code: "E404", requiredBy: ["node_modules/a"] });
  const lock = lockOf({
    "node_modules/a": entry(A, { optional: true, dependencies: { c: "1" } }),
    "node_modules/b": entry(B),
    "node_modules/c": entry(C, { optional: true }),
  });
  const text = lock
    .replace('"c": "1.0.0"', '"none": "1.0.0"')
    .replace(/"optionalDependencies": \{[^}]*\}/, '"optionalDependencies": { "a": "1.0.0" }');
  const map = new Map<string, Uint8Array | SinkLink>();
  const { report } = await installer.install(text, { sink: map });
  const skipped = report.skipped.map(({ location, why }) => `${location} ${why}`);
  expect(skipped).toEqual(["node_modules/a failed", "node_modules/c failed"]);
  expect(report.warnings.map(({ code }) => code)).toEqual(["E404"]);
  expect([...new Set([...map.keys()].map((path) => path.split("/")[1]))].sort()).toEqual([".bin", "b"]);
});

test("omit and platform decide which packages are fetched", async () => {
  const mac = testPackage("mac@1.0.0", { os: ["darwin"] });
  testRegistry.publish(mac);
  const lock = lockOf({
    "node_modules/a": entry(A),
    "node_modules/b": entry(B, { dev: true }),
    "node_modules/mac": entry(mac, { optional: true }),
  });
  const { report } = await installer.install(lock, { omit: ["dev"], platform: { os: "linux", cpu: "x64" } });
  expect(testRegistry.asked).toEqual([tarballPath(A)]);
  expect(report.skipped.map(({ name, why }) => `${name} ${why}`).sort()).toEqual(["b omit", "mac platform"]);
  const other = await installer.install(lock, { platform: { os: "darwin", cpu: "arm64" } });
  expect(other.exists("node_modules/mac/package.json")).toBe(true);
});

test("afterExtract gets every file, and its result replaces the file for readers and in a sink", async () => {
  const change = (path: string, bytes: Uint8Array): Uint8Array | undefined =>
    path === "node_modules/a/a.js" ? new TextEncoder().encode(`/* ${textOf(bytes)} */`) : undefined;
  const seen: string[] = [];
  const map = new Map<string, Uint8Array | SinkLink>();
  for (const sink of [undefined, map]) {
    const project = await installer.install(lockAt(A, B), {
      ...(sink && { sink }),
      afterExtract: async (path, bytes) => {
        seen.push(path);
        const made = change(path, bytes);
        bytes.fill(0);
        return made;
      },
    });
    expect(textOf(await project.readFile("node_modules/a/a.js"))).toBe("/* a */");
    expect(project.stat("node_modules/a/a.js").size).toBe(7);
    expect(["a.js", "index.js"].map((name) => project.isChanged(`node_modules/a/${name}`))).toEqual([true, false]);
    expect(textOf(await project.readFile("node_modules/a/index.js"))).toMatch("a@1.0.0");
    expect(seen.splice(0).sort()).toEqual(
      project
        .paths()
        .filter((path) => !path.includes(".bin"))
        .sort(),
    );
  }
  expect(textOf(map.get("node_modules/a/a.js") as Uint8Array)).toBe("/* a */");
  // Without afterExtract the files are the package's own again.
  await installer.install(lockAt(A, B), { sink: map });
  expect(textOf(map.get("node_modules/a/a.js") as Uint8Array)).toBe("a");
});

test.each([
  ["throws", () => Promise.reject(new Error("no")), /a\/.*: no/],
  ["takes too long", () => new Promise<undefined>(() => {}), /more than 20 ms/],
  ["returns something else", () => 1 as unknown as Uint8Array, /neither a Uint8Array/],
] as const)(
  "an afterExtract that %s fails the install, and the sink stays as it was",
  async (_, afterExtract, words) => {
    const map = new Map<string, Uint8Array | SinkLink>();
    await installer.install(lockAt(B), { sink: map });
    const before = [...map];
    for (const sink of [undefined, map]) {
      const options = { ...(sink && { sink }), afterExtract, afterExtractTimeout: 20 };
      const failed = await failureOf(installer.install(lockAt(A), options));
      expect([failed.code, words.test(failed.message)]).toEqual(["EAFTEREXTRACT", true]);
    }
    expect([...map]).toEqual(before);
  },
);

test("two installs at once have a tree each, and a sink takes one change at a time", async () => {
  testRegistry.latency = 20;
  const map = new Map<string, Uint8Array | SinkLink>();
  const [one, other] = [installer.install(lockAt(A, C), { sink: map }), installer.install(lockAt(B, C))];
  const busy = await failureOf(installer.install(lockAt(B), { sink: map }));
  expect(busy.code).toBe("ESINKBUSY");
  expect((await one).paths()).toContain("node_modules/a/a.js");
  expect((await other).paths()).toContain("node_modules/b/b.js");
  expect([...map.keys()].some((path) => path.includes("/b/"))).toBe(false);
});

test("a signal ends the install at once with its reason, and the next one can start at once", async () => {
  testRegistry.answers.set(tarballPath(A), [{ manner: "hold" }, { bytes: A.bytes }]);
  const map = new Map<string, Uint8Array | SinkLink>();
  const stop = new AbortController();
  const seen: InstallProgress[] = [];
  const onProgress = (progress: InstallProgress): void => void seen.push(progress);
  const first = installer.install(lockAt(A, B), { sink: map, signal: stop.signal, onProgress });
  first.catch(() => {});
  while (testRegistry.open === 0) await new Promise((done) => setTimeout(done, 2));
  stop.abort(new Error("enough"));
  const reported = seen.length;
  await expect(first).rejects.toThrow("enough");
  const next = await installer.install(lockAt(A, B), { sink: map });
  expect(next.report.packages).toBe(2);
  expect(testRegistry.open).toBe(0);
  expect(seen.length).toBe(reported);
  expect(seen.at(-1)?.operations.every(({ end, state }) => end !== null && state !== "running")).toBe(true);
  await expect(installer.install(lockAt(A), { signal: AbortSignal.abort(new Error("before")) })).rejects.toThrow(
    "before",
  );
});

test.each(["signal", "dispose"])(
  "the next install waits for a sink that is still being restored after a %s",
  async (end) => {
    testRegistry.answers.set(tarballPath(A), [{ manner: "hold" }, { bytes: A.bytes }]);
    const said: string[] = [];
    const sink: FileSink = {
      async open() {
        said.push("open");
        const abort = async (): Promise<void> => {
          await new Promise((done) => setTimeout(done, 50));
          said.push("put back");
        };
        const commit = async (): Promise<void> => void said.push("commit");
        return { held: new Map(), begin: async () => {}, write: async () => {}, commit, abort };
      },
    };
    const stop = new AbortController();
    const first = installer.install(lockAt(A), { sink, signal: stop.signal });
    first.catch(() => {});
    while (testRegistry.open === 0) await new Promise((done) => setTimeout(done, 2));
    if (end === "signal") stop.abort();
    else installer.dispose();
    await expect(first).rejects.toThrow();
    if (end === "dispose") installer = await createInstaller({ mode: "inline", registry: testRegistry.url });
    await installer.install(lockAt(A), { sink });
    expect(said).toEqual(["open", "put back", "open", "commit"]);
  },
);

test("dispose ends running installs, and installed projects stay readable", async () => {
  const project = await installer.install(lockAt(A, B));
  testRegistry.answers.set(tarballPath(C), [{ manner: "hold" }]);
  const running = failureOf(installer.install(lockAt(C)));
  while (testRegistry.open === 0) await new Promise((done) => setTimeout(done, 2));
  installer.dispose();
  expect((await running).code).toBe("EDISPOSED");
  expect((await failureOf(installer.install(lockAt(C)))).code).toBe("EDISPOSED");
  expect(textOf(await project.readFile("node_modules/a/a.js"))).toBe("a");
  project.dispose();
  expect((await failureOf(project.readFile("node_modules/a/a.js"))).code).toBe("EDISPOSED");
});

test("a `file:` tarball is read from the project's files, and its absence is an error", async () => {
  const lock = lockOf({ "node_modules/a": entry(A, { resolved: "file:libs/a.tgz" }) });
  const project = await installer.install(lock, { files: { "libs/a.tgz": A.bytes } });
  expect([textOf(await project.readFile("node_modules/a/a.js")), testRegistry.asked]).toEqual(["a", []]);
  const other = await createInstaller({ mode: "inline", registry: testRegistry.url });
  const missed = await failureOf(other.install(lock));
  expect([missed.code, missed.message]).toEqual(["ENOENT", expect.stringContaining("libs/a.tgz")]);
  const damaged = await failureOf(other.install(lock, { files: { "libs/a.tgz": B.bytes } }));
  expect(damaged.code).toBe("EINTEGRITY");
  other.dispose();
});

test("cache none stores nothing, and cache offline requests nothing", async () => {
  const none = await createInstaller({ mode: "inline", registry: testRegistry.url, cache: "none" });
  await (await none.install(lockAt(A))).stored;
  none.dispose();
  const offline = await createInstaller({ mode: "inline", registry: testRegistry.url, cache: "offline" });
  testRegistry.asked.length = 0;
  const failed = await failureOf(offline.install(lockAt(A)));
  expect([failed.code, failed.message, testRegistry.asked]).toEqual([
    "EOFFLINE",
    expect.stringContaining("a@1.0.0"),
    [],
  ]);
  offline.dispose();
});

test("an onProgress that throws is not called again, and the install continues", async () => {
  let calls = 0;
  const project = await installer.install(lockAt(A, B), {
    onProgress() {
      calls++;
      throw new Error("mine");
    },
  });
  expect([calls, project.report.packages]).toEqual([1, 2]);
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { lockEntry, lockOf, tarballPath, testPackage } from "./packages.ts";
import { MODES, Stage } from "./stage.ts";
import type { TestRegistry } from "./test-registry.ts";

// Behaviour that needs a browser: early downloads, caches between visits, the fetching thread, a page without WebCrypto.

const HOST = "insecure.test";
let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open([`--host-resolver-rules=MAP ${HOST} 127.0.0.1`]);
}, 60_000);
afterAll(() => stage?.[Symbol.asyncDispose]());

const TOP = testPackage(
  "top@1.0.0",
  { dependencies: { middle: "1" }, bin: "t.js" },
  { "t.js": "#!/usr/bin/env node\r\n" },
);
const MIDDLE = testPackage("middle@1.0.0", { dependencies: { last: "1" } });
const LAST = testPackage("last@1.0.0");
const SOME = [TOP, MIDDLE, LAST];

function stocked(host?: string): TestRegistry {
  const testRegistry = stage.testRegistry(host);
  testRegistry.publish(...SOME);
  return testRegistry;
}

const lockOfSome = (testRegistry: TestRegistry): string =>
  lockOf(Object.fromEntries(SOME.map((one) => [`node_modules/${one.name}`, lockEntry(one, testRegistry.url)])));

test.each(MODES)("downloads start while the tree is still being resolved: %s", async (mode) => {
  await using tab = await stage.tab({ isolated: mode === "threads" });
  const testRegistry = stocked();
  // The packages of a chain are requested one by one, and the last document is slow.
  testRegistry.latency = 60;
  const found = await tab.call(
    async (bench, given) => {
      await bench.create(given);
      const files = { "package.json": JSON.stringify({ name: "x", dependencies: { top: "1" } }) };
      const phases: string[] = [];
      const project = await bench.installer.install({ files }, { onProgress: ({ phase }) => phases.push(phase) });
      await project.stored;
      const { length } = project.resolution?.tree.nodes ?? [];
      bench.installer.dispose();
      return { paths: project.paths().length, length, phases: [phases[0], phases.at(-1)] };
    },
    { mode, registry: testRegistry.url },
  );
  // A phase between them may be too short for a report of its own.
  expect(found).toEqual({ paths: 8, length: 3, phases: ["resolve", "done"] });
  const first = testRegistry.asked.findIndex((path) => path.includes("/-/"));
  const last = testRegistry.asked.findLastIndex((path) => !path.includes("/-/"));
  expect([first < last, testRegistry.asked]).toEqual([true, testRegistry.asked]);
  expect(testRegistry.asked.filter((path) => path.includes("/-/")).sort()).toEqual(SOME.map(tarballPath).sort());
});

// `one` accepts any `x`. Deeper in the tree, `late` has a peer that only the first version fits, so the placed version is replaced.
const X1 = testPackage("x@1.0.0");
const X2 = testPackage("x@2.0.0");
const REPLACING = [
  testPackage("one@1.0.0", { dependencies: { x: "1 || 2" } }),
  testPackage("two@1.0.0", { dependencies: { three: "1" } }),
  testPackage("three@1.0.0", { dependencies: { late: "1" } }),
  testPackage("late@1.0.0", { peerDependencies: { x: "1" } }),
  X1,
  X2,
];

test.each(MODES)("a package that is placed and then replaced is not installed: %s", async (mode) => {
  await using tab = await stage.tab({ isolated: mode === "threads" });
  const testRegistry = stage.testRegistry();
  testRegistry.publish(...REPLACING);
  testRegistry.latency = 60;
  // Its tarball would never arrive.
  testRegistry.answers.set(tarballPath(X2), [{ manner: "hold" }]);
  const found = await tab.call(
    async (bench, given) => {
      await bench.create(given);
      const files = { "package.json": JSON.stringify({ name: "x", dependencies: { one: "1", two: "1" } }) };
      const map = new Map<string, Uint8Array>();
      const project = await bench.installer.install({ files }, { sink: map });
      await project.stored;
      const version = JSON.parse(new TextDecoder().decode(map.get("node_modules/x/package.json"))).version;
      const { packages, fetched } = project.report;
      const { packs } = await bench.installer.store.usage();
      bench.installer.dispose();
      return { version, packages, fetched, packs, nested: project.paths().filter((path) => /x.*\/x\//.test(path)) };
    },
    { mode, registry: testRegistry.url },
  );
  expect(found).toEqual({ version: "1.0.0", packages: 5, fetched: 5, packs: 5, nested: [] });
  expect([testRegistry.asked.includes(tarballPath(X2)), testRegistry.open]).toEqual([true, 0]);
});

test.each(MODES)("a second visit requests nothing, and neither does an offline one: %s", async (mode) => {
  await using tab = await stage.tab({ isolated: mode === "threads" });
  const testRegistry = stocked();
  const lock = lockOfSome(testRegistry);
  const visit = async (cache: "default" | "offline"): Promise<unknown> => {
    await tab.reload();
    testRegistry.asked.length = 0;
    return await tab.call(
      async (bench, { lock, ...options }) => {
        await bench.create(options);
        const project = await bench.installer.install(lock);
        const listing = await bench.listProject(project);
        await project.stored;
        bench.installer.dispose();
        const { fetched, stored } = project.report;
        return { files: Object.keys(listing).length, fetched, stored };
      },
      { mode, registry: testRegistry.url, cache, lock },
    );
  };
  expect(await visit("default")).toEqual({ files: 8, fetched: 3, stored: 0 });
  expect(testRegistry.asked.length).toBe(3);
  expect(await visit("default")).toEqual({ files: 8, fetched: 0, stored: 3 });
  expect(testRegistry.asked).toEqual([]);
  expect(await visit("offline")).toEqual({ files: 8, fetched: 0, stored: 3 });
});

test("cache none stores nothing, and a damaged answer in the browser's HTTP cache is bypassed", async () => {
  await using tab = await stage.tab({ isolated: false });
  const testRegistry = stocked();
  const headers = { "cache-control": "public, max-age=31536000, immutable" };
  testRegistry.answers.set(tarballPath(LAST), [
    { bytes: MIDDLE.bytes, headers },
    { bytes: LAST.bytes, headers },
  ]);
  const found = await tab.call(
    async (bench, { lock, ...options }) => {
      await bench.create(options);
      const project = await bench.installer.install(lock);
      await project.stored;
      const usage = await bench.installer.store.usage();
      bench.installer.dispose();
      return { packs: usage.packs, blobs: (await bench.blobs()).size, fetched: project.report.fetched };
    },
    { mode: "inline", registry: testRegistry.url, cache: "none", lock: lockOfSome(testRegistry) } as const,
  );
  expect(found.fetched).toBe(3);
  expect(found.blobs).toBe(0);
  expect(testRegistry.count(tarballPath(LAST))).toBe(2);
});

test.each(MODES)("with io worker, a worker fetches, and it ends with the installer: %s", async (mode) => {
  await using tab = await stage.tab({ isolated: mode === "threads" });
  const testRegistry = stocked();
  const [files, started, fetched] = await tab.call(
    async (bench, { lock, ...options }) => {
      await bench.create(options);
      const project = await bench.installer.install(lock);
      const workers = (globalThis as unknown as { spawned: Map<string, Worker> }).spawned;
      bench.installer.dispose();
      return [
        project.paths().length,
        workers.has("io"),
        performance.getEntriesByType("resource").map(({ name }) => name),
      ];
    },
    { mode, io: "worker", registry: testRegistry.url, lock: lockOfSome(testRegistry) } as const,
  );
  // Requests of a worker are not among the page's resources.
  expect([files, started, fetched]).toEqual([8, true, expect.not.arrayContaining([expect.stringContaining("/-/")])]);
  expect(testRegistry.asked.length).toBe(3);
  await expect.poll(() => tab.page.workers().length).toBe(0);
});

test("without a secure context (no WebCrypto), the same packages are installed and the same refused", async () => {
  await using tab = await stage.tab({ isolated: false, host: HOST });
  const testRegistry = stocked();
  const found = await tab.call(
    async (bench, { lock, bad, ...options }) => {
      const results: Record<string, unknown> = {};
      for (const mode of ["worker", "inline"] as const) {
        await bench.create({ ...options, mode });
        const project = await bench.installer.install(lock);
        const listing = await bench.listProject(project);
        const refused = await bench.installer.install(bad).catch((error) => bench.toFailure(error).code);
        await project.stored;
        bench.installer.dispose();
        results[mode] = [Object.keys(listing).length, refused];
      }
      return { ...results, subtle: typeof crypto.subtle, safe: isSecureContext };
    },
    {
      registry: testRegistry.url,
      lock: lockOfSome(testRegistry),
      bad: lockOf({
        "node_modules/x": lockEntry(X1, testRegistry.url, { resolved: testRegistry.url + tarballPath(LAST) }),
      }),
    },
  );
  expect(found).toEqual({ worker: [8, "EINTEGRITY"], inline: [8, "EINTEGRITY"], subtle: "undefined", safe: false });
});

test.each(MODES)("an installed project can be read after the installer was disposed of: %s", async (mode) => {
  await using tab = await stage.tab({ isolated: mode === "threads" });
  const testRegistry = stocked();
  const text = await tab.call(
    async (bench, { lock, ...options }) => {
      await bench.create(options);
      const project = await bench.installer.install(lock);
      await project.stored;
      bench.installer.dispose();
      return new TextDecoder().decode(await project.readFile("node_modules/.bin/top"));
    },
    { mode, registry: testRegistry.url, lock: lockOfSome(testRegistry) },
  );
  expect(text).toBe("#!/usr/bin/env node\n");
});

test.each(["threads", "worker"] as const)("workers that died are replaced: %s", async (mode) => {
  await using tab = await stage.tab({ isolated: mode === "threads" });
  const testRegistry = stocked();
  testRegistry.publish(X1);
  const fates = await tab.call(
    async (bench, { lock, other, ...options }) => {
      await bench.create(options);
      const spawned = (globalThis as unknown as { spawned: Map<string, Worker> }).spawned;
      await bench.installer.install(other);
      const first = bench.installer.install(lock).then(
        () => "done",
        (error) => bench.toFailure(error).code,
      );
      spawned.get("extract")?.terminate();
      const fate = await first;
      const again = await bench.installer.install(lock);
      const files = Object.keys(await bench.listProject(again)).length;
      bench.installer.dispose();
      return { fate, files };
    },
    {
      mode,
      registry: testRegistry.url,
      lock: lockOfSome(testRegistry),
      other: lockOf({ "node_modules/x": lockEntry(X1, testRegistry.url) }),
    },
  );
  expect(["EWORKER", "done"]).toContain(fates.fate);
  expect(fates.files).toBe(8);
});

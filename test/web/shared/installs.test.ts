import { afterEach, beforeEach, expect, test } from "vitest";
import type { InstalledProject, InstallOptions, InstallProgress } from "../../../src/api/install.ts";
import { createInstaller, type Installer } from "../../../web/index.ts";
import { lockEntry, lockOf, type TestPackage, tarballPath, testPackage } from "../../install/packages.ts";
import { openTestRegistry, type TestRegistry } from "../../install/test-registry.ts";

// Installs at the same time on one installer, in Node.

const PACKAGES = Array.from({ length: 47 }, (_, i) => testPackage(`p${i}@1.0.0`, {}, { "index.js": `${i}` }));

let registry: TestRegistry & AsyncDisposable;
let installer: Installer;

beforeEach(async () => {
  registry = await openTestRegistry();
  registry.publish(...PACKAGES);
  installer = await createInstaller({ mode: "inline", registry: registry.url, retries: 0 });
});
afterEach(async () => {
  installer.dispose();
  await registry[Symbol.asyncDispose]();
});

const lockAt = (packages: readonly TestPackage[]): string =>
  lockOf(Object.fromEntries(packages.map((one) => [`node_modules/${one.name}`, lockEntry(one, registry.url)])));

interface Watched {
  project: InstalledProject;
  last: InstallProgress;
}

/** Installs, and returns the last progress. */
async function install(packages: readonly TestPackage[], options: InstallOptions = {}): Promise<Watched> {
  const seen: InstallProgress[] = [];
  const onProgress = (now: InstallProgress): void => void seen.push(now);
  const project = await installer.install(lockAt(packages), { ...options, onProgress });
  return { project, last: seen.at(-1) as InstallProgress };
}

const textOf = async ({ project }: Watched, { name }: TestPackage): Promise<string> =>
  new TextDecoder().decode(await project.readFile(`node_modules/${name}/index.js`));
const filesOf = (watched: Watched): Promise<string[]> => Promise.all(PACKAGES.map((one) => textOf(watched, one)));
const extracts = ({ last }: Watched): number => last.operations.filter(({ kind }) => kind === "extract").length;

test("two installs download and verify each tarball once", async () => {
  const [first, second] = await Promise.all([install(PACKAGES), install(PACKAGES)]);
  expect(registry.asked).toHaveLength(47);
  expect(extracts(first) + extracts(second)).toBe(47);
  const contents = PACKAGES.map((_, i) => `${i}`);
  for (const each of [first, second]) {
    expect(await filesOf(each)).toEqual(contents);
    expect(each.last).toMatchObject({ phase: "done", packs: 47, packsDone: 47 });
    expect(each.project.report).toMatchObject({ packages: 47, fetched: 47 });
  }
  expect(first.project.report.transferred + second.project.report.transferred).toBe(
    PACKAGES.reduce((sum, { bytes }) => sum + bytes.length, 0),
  );
});

test("two projects that are resolved and installed share packuments and tarballs", async () => {
  const dependencies = Object.fromEntries(PACKAGES.map(({ name }) => [name, "^1.0.0"]));
  const input = { files: { "package.json": JSON.stringify({ name: "app", version: "1.0.0", dependencies }) } };
  const sinks = [new Map(), new Map()];
  await Promise.all(sinks.map((sink) => installer.install(input, { sink })));
  expect(registry.asked).toHaveLength(47 + 47);
  expect([...sinks[0]!.keys()].sort()).toEqual([...sinks[1]!.keys()].sort());
  expect(sinks[0]!.size).toBeGreaterThan(47);
});

test("cancelling one install leaves the other as it is", async () => {
  registry.latency = 5;
  const stop = new AbortController();
  const cancelled = install(PACKAGES, { signal: stop.signal });
  const other = install(PACKAGES.slice(10));
  await expect.poll(() => registry.asked.length).toBeGreaterThan(20);
  stop.abort(new Error("enough"));
  await expect(cancelled).rejects.toThrow("enough");
  const found = await other;
  expect(found.last).toMatchObject({ phase: "done", packs: 37, packsDone: 37 });
  expect(await textOf(found, PACKAGES[46]!)).toBe("46");
});

test("a failure is shared by those who need the pack, and does not stop others", async () => {
  registry.answers.set(tarballPath(PACKAGES[3]!), [{ status: 404 }]);
  const found = await Promise.allSettled([
    install(PACKAGES.slice(0, 4)),
    install(PACKAGES.slice(3, 8)),
    install(PACKAGES.slice(4, 8)),
  ]);
  expect(found.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled"]);
  expect(registry.count(tarballPath(PACKAGES[3]!))).toBe(1);
});

test("an install with a lower limit does not take a pack that exceeds it", async () => {
  const [big, small] = await Promise.allSettled([
    install(PACKAGES.slice(0, 1)),
    install(PACKAGES.slice(0, 1), { limits: { files: 1 } }),
  ]);
  expect(big).toMatchObject({ status: "fulfilled" });
  expect(small).toMatchObject({ reason: { code: "TAR_ABORT" } });
});

test("an install that begins while another stores its packs requests none of them", async () => {
  const first = await install(PACKAGES);
  const second = await install(PACKAGES);
  expect(registry.asked).toHaveLength(47);
  expect(await filesOf(second)).toEqual(await filesOf(first));
});

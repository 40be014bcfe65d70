import { expect, test, vi } from "vitest";
import type { CacheMode, Installer, InstallerOptions } from "../../../src/api/resolve.ts";
import { InstallError } from "../../../src/errors/failure.ts";
import { createInstaller } from "../../../web/index.ts";
import { type FakeRegistry, fakeRegistry } from "../../support/fake-registry.ts";

const PACKAGE_JSON = JSON.stringify({ dependencies: { a: "^1.0.0" }, optionalDependencies: { gone: "1" } });
const project = { files: { "package.json": PACKAGE_JSON }, name: "project" };

const packages = { "a@1.0.0": { b: "^1.0.0" }, "b@1.0.0": {}, "c@1.0.0": {} };

function open(registry: FakeRegistry, options: InstallerOptions = {}): Promise<Installer> {
  return createInstaller({ registry: registry.url, fetch: registry.fetch, mode: "inline", ...options });
}

/** Returns the names of the packages requested since the last call. */
function asked({ log }: FakeRegistry): string[] {
  return log.splice(0).map(({ path }) => path.replace(/^\//, ""));
}

const inMinutes = (minutes: number): void => void vi.setSystemTime(Date.now() + minutes * 60_000);

/** Resolves a project twice. Returns whether both locks are equal, and the packages requested the second time. */
async function resolveTwice(cache: CacheMode, minutes: number): Promise<{ same: boolean; asked: string[] }> {
  vi.useFakeTimers({ toFake: ["Date"] });
  try {
    const registry = fakeRegistry(packages);
    const installer = await open(registry, { cache });
    const first = await installer.resolve(project);
    await installer.store.usage();
    asked(registry);
    inMinutes(minutes);
    const second = await installer.resolve(project);
    installer.dispose();
    return { same: JSON.stringify(second.files) === JSON.stringify(first.files), asked: asked(registry).sort() };
  } finally {
    vi.useRealTimers();
  }
}

test.each<[CacheMode, number, string[]]>([
  ["default", 1, []],
  ["default", 6, ["a", "b", "gone"]],
  ["revalidate", 0, ["a", "b", "gone"]],
  // A missing package may have been published by now.
  ["prefer-offline", 60, ["gone"]],
  ["none", 0, ["a", "b", "gone"]],
])("cache %s requests the right packuments again after %d minutes", async (cache, minutes, names) => {
  expect(await resolveTwice(cache, minutes)).toEqual({ same: true, asked: names });
});

test("an unchanged packument is answered with 304, a changed one is sent", async () => {
  const registry = fakeRegistry(packages);
  const installer = await open(registry, { cache: "revalidate" });
  const first = await installer.resolve(project);
  await installer.store.usage();
  const again = await installer.resolve(project);
  expect(again.files).toEqual(first.files);
  expect(again.stats.bytes).toBeLessThan(first.stats.bytes / 2);
  installer.dispose();
});

test("offline makes no request, and its failure lists exactly the missing packages", async () => {
  const registry = fakeRegistry({ ...packages, "a@1.0.0": { b: "^1.0.0", c: "^1.0.0" } });
  const installer = await open(registry, { cache: "offline" });
  const error = await installer.resolve(project).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InstallError);
  const { code, details, wayOut } = (error as InstallError).failure;
  // An optional package that is not stored may exist in the registry, so it counts as missing.
  expect([code, details]).toEqual(["EOFFLINE", { missing: ["a", "gone"] }]);
  expect(wayOut.length).toBeGreaterThan(0);
  expect(asked(registry)).toEqual([]);
  installer.dispose();
});

test("usage counts the stored packuments, and clear removes them", async () => {
  const registry = fakeRegistry(packages);
  const installer = await open(registry);
  await installer.resolve(project);
  const usage = await installer.store.usage();
  expect(usage.packuments).toBe(3);
  expect(usage.bytes).toBeGreaterThan(0);
  await installer.store.clear();
  expect(await installer.store.usage()).toMatchObject({ bytes: 0, packuments: 0 });
  asked(registry);
  await installer.resolve(project);
  expect(asked(registry).sort()).toEqual(["a", "b", "gone"]);
  installer.dispose();
});

test("packuments fetched with one token are not used with another", async () => {
  const registry = fakeRegistry(packages);
  let token = "one";
  const installer = await open(registry, { token: () => token });
  await installer.resolve(project);
  await installer.store.usage();
  asked(registry);
  await installer.resolve(project);
  expect(asked(registry)).toEqual([]);
  token = "two";
  await installer.resolve(project);
  expect(asked(registry).sort()).toEqual(["a", "b", "gone"]);
  installer.dispose();
});

/** Resolves, waits, and resolves again while every request fails as `outage` says. */
async function resolveInOutage(outage: () => Promise<Response>, options: InstallerOptions, minutes = 60) {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.spyOn(Math, "random").mockReturnValue(0);
  try {
    const registry = fakeRegistry(packages);
    let isOut = false;
    let requests = 0;
    const fetch: typeof globalThis.fetch = async (input, init) => {
      requests++;
      return isOut ? await outage() : await registry.fetch(input, init);
    };
    const installer = await open(registry, { fetch, ...options });
    const first = await installer.resolve(project);
    await installer.store.usage();
    isOut = true;
    requests = 0;
    inMinutes(minutes);
    const second = await installer.resolve(project).catch((error: unknown) => error as InstallError);
    installer.dispose();
    return { first, second, requests };
  } finally {
    vi.useRealTimers();
    vi.restoreAllMocks();
  }
}

const OUTAGES: [string, () => Promise<Response>][] = [
  ["no answer", () => Promise.reject(new TypeError("Failed to fetch"))],
  ["a refused connection", () => Promise.reject(new TypeError("fetch failed", { cause: { code: "ECONNREFUSED" } }))],
  ["a server's fault", async () => new Response("", { status: 503, headers: { "access-control-allow-origin": "*" } })],
];

test.each(OUTAGES)("cache default survives an outage with what is stored, and says so once: %s", async (_, outage) => {
  const { first, second } = await resolveInOutage(outage, { cache: "default" });
  expect(second).not.toBeInstanceOf(InstallError);
  const { files, warnings } = second as typeof first;
  expect(files).toEqual(first.files);
  const stale = warnings.filter(({ code }) => code === "ESTALE");
  expect(stale).toHaveLength(1);
  expect(stale[0]?.message).toMatch(
    /^http:\/\/registry\.local\/ does not answer \(E\w+\), so metadata that was stored/,
  );
});

test.each(OUTAGES)("cache revalidate fails in an outage: %s", async (_, outage) => {
  const { second } = await resolveInOutage(outage, { cache: "revalidate" });
  expect(second).toMatchObject({ code: expect.stringMatching(/^(?:EUNREACHABLE|E503)$/) });
});

test.each([
  ["E404", 404],
  ["E401", 401],
  ["E403", 403],
])("an answer is no outage: %s", async (code, status) => {
  const { second } = await resolveInOutage(async () => new Response("", { status }), { cache: "default" });
  expect(second).toMatchObject({ code });
});

test("fresh metadata needs no answer, and gives no warning", async () => {
  const { second, requests } = await resolveInOutage(() => Promise.reject(new TypeError("x")), { cache: "default" }, 1);
  expect(second).toMatchObject({ warnings: [] });
  expect(requests).toBe(0);
});

import { expect, test } from "vitest";
import { createInstaller, type Resolution, type ResolveOptions } from "../../web/index.ts";
import { PLATFORM } from "../conformance/recorded.ts";
import { drawTree } from "../support/draw-tree.ts";
import { type FakeManifest, type FakeRegistry, fakeRegistry } from "../support/fake-registry.ts";
import { entriesOf } from "../support/outcome.ts";
import { ABBREVIATED } from "../support/registry/responder.ts";

/** Removes members from the versions of all abbreviated documents, as some registries do. */
function stripping({ fetch, ...registry }: FakeRegistry, fields: readonly string[]): FakeRegistry {
  return {
    ...registry,
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      const isAbbreviated = new Headers(init?.headers).get("accept")?.includes(ABBREVIATED);
      if (!isAbbreviated || !response.ok) return response;
      const document = (await response.json()) as { versions: Record<string, Record<string, unknown>> };
      for (const manifest of Object.values(document.versions)) for (const field of fields) delete manifest[field];
      return new Response(JSON.stringify(document), { headers: response.headers });
    },
  };
}

/** Resolves several projects with one installer. `asked` are the paths of each run's requests: `a`, `a (abbreviated)`, `a/1.0.0`. */
async function resolveAll(
  registry: FakeRegistry,
  projects: readonly Record<string, string>[],
  options: ResolveOptions = {},
): Promise<{ resolution: Resolution; asked: string[] }[]> {
  const { url, fetch, log } = registry;
  const installer = await createInstaller({
    registry: url,
    fetch,
    mode: "inline",
    platform: PLATFORM,
    retries: 0,
    cache: "none",
  });
  const results: { resolution: Resolution; asked: string[] }[] = [];
  for (const dependencies of projects) {
    const from = log.length;
    const files = { "package.json": JSON.stringify({ dependencies }) };
    const resolution = await installer.resolve({ files, name: "project" }, options);
    const asked = log
      .slice(from)
      .map(({ path, headers }) => (headers.get("accept")?.includes(ABBREVIATED) ? `${path} (abbreviated)` : path));
    results.push({ resolution, asked: asked.sort() });
  }
  installer.dispose();
  return results;
}

const NATIVE = { os: ["darwin"], cpu: ["arm64"] };
const PACKAGES: Record<string, FakeManifest> = {
  "a@1.0.0": {
    peerDependencies: { c: "^1" },
    peerDependenciesMeta: { c: { optional: true } },
    optionalDependencies: { nat: "1.0.0" },
  },
  "p@1.0.0": { peerDependencies: { c: "^1" }, peerDependenciesMeta: { c: { optional: true } } },
  "o@1.0.0": { optionalDependencies: { nat: "1.0.0" }, dependencies: {} },
  "q@1.0.0": { peerDependencies: { c: "^1" }, dependencies: {} },
  "c@1.0.0": {},
  "nat@1.0.0": NATIVE,
};
const FIELDS = ["peerDependenciesMeta", "os", "cpu"];
const codes = ({ warnings }: Resolution): string[] => warnings.map(({ code }) => code);

test.each<[string, readonly string[], Record<string, string>, string]>([
  ["all fields", FIELDS, { a: "1" }, "a@1.0.0"],
  ["the flags of optional peers", ["peerDependenciesMeta"], { p: "1" }, "p@1.0.0"],
  [
    "the flags of optional peers, behind a package with real ones",
    FIELDS,
    { p: "1", q: "1" },
    "c@1.0.0\np@1.0.0\nq@1.0.0",
  ],
  ["platforms", ["os", "cpu"], { o: "1" }, "o@1.0.0"],
])("a registry that abbreviates too much: %s", async (_, fields, dependencies, installed) => {
  const registry = stripping(fakeRegistry(PACKAGES), fields);
  const [first, second] = await resolveAll(registry, [dependencies, dependencies]);
  const full = await resolveAll(fakeRegistry(PACKAGES), [dependencies]);
  for (const { resolution } of [first!, second!]) {
    expect(codes(resolution)).toEqual(["EFULLMETADATA"]);
    expect(resolution.warnings[0]!.message).toContain("lacks fields that the tree may depend on");
    const present = resolution.tree.nodes
      .filter(({ inert }) => !inert)
      .map(({ name, version }) => `${name}@${version}`);
    expect(present.join("\n")).toBe(installed);
    expect(drawTree(resolution.tree)).toBe(drawTree(full[0]!.resolution.tree));
    if (dependencies["a"]) expect(entriesOf(resolution).get("node_modules/nat")).toMatchObject(NATIVE);
  }
  // Decided once: the second run asks for full metadata from the start.
  expect(second!.asked.filter((path) => path.includes("abbreviated") || path.includes("1.0.0"))).toEqual([]);
});

test("the requests of the run that decides, and of the next one", async () => {
  const [first, second] = await resolveAll(stripping(fakeRegistry(PACKAGES), FIELDS), [{ a: "1" }, { a: "1" }]);
  const abbreviated = ["a (abbreviated)", "c (abbreviated)", "nat (abbreviated)"];
  expect(first!.asked).toEqual([...abbreviated, "a", "a/1.0.0", "c", "nat", "nat/1.0.0"].sort());
  expect(second!.asked).toEqual(["a", "c", "nat"]);
});

test("a registry that sends what it promises is asked for nothing more", async () => {
  const [first] = await resolveAll(fakeRegistry(PACKAGES), [{ a: "1" }]);
  expect(first!.asked.filter((path) => !path.includes("abbreviated"))).toEqual([]);
  expect(codes(first!.resolution)).toEqual([]);
});

test("a registry of which nothing is known is asked for few full manifests", async () => {
  const packages = Object.fromEntries(["q", "r", "s", "t"].map((name) => [`${name}@1.0.0`, PACKAGES["q@1.0.0"]!]));
  const registry = fakeRegistry({ ...packages, "c@1.0.0": {} });
  const [first] = await resolveAll(registry, [{ q: "1", r: "1", s: "1", t: "1" }]);
  expect(first!.asked.filter((path) => path.includes("1.0.0"))).toHaveLength(2);
  expect(codes(first!.resolution)).toEqual([]);
});

test("a failure that a missing field causes is no failure", async () => {
  const packages: Record<string, FakeManifest> = {
    "p@1.0.0": { peerDependencies: { c: "^1" }, peerDependenciesMeta: { c: { optional: true } } },
    "q@1.0.0": { peerDependencies: { c: "^2" }, peerDependenciesMeta: { c: { optional: true } } },
    "c@1.0.0": {},
    "c@2.0.0": {},
  };
  const [first] = await resolveAll(stripping(fakeRegistry(packages), FIELDS), [{ p: "1", q: "1" }]);
  expect(drawTree(first!.resolution.tree)).toBe("p@1.0.0\nq@1.0.0");
});

test("the flat strategy too", async () => {
  const registry = stripping(fakeRegistry(PACKAGES), FIELDS);
  const [first] = await resolveAll(registry, [{ a: "1" }], { strategy: "flat" });
  expect(codes(first!.resolution)).toEqual(["EFULLMETADATA"]);
});

import { expect, test } from "vitest";
import { type FakeManifest, type FakeOptions, fakeRegistry } from "../support/fake-registry.ts";
import { failureOf, flagsOf } from "../support/outcome.ts";
import { resolveManifest, tree } from "../support/tree.ts";

/** Failures of the package `bad`, two levels below the project: the manifest of `mid`, and the other packages of the registry. */
interface Trouble {
  code: string;
  mid: FakeManifest;
  more?: Record<string, FakeManifest>;
  options?: FakeOptions;
}

const bad: FakeManifest = { bad: "^1.0.0" };

const TROUBLES: Record<string, Trouble> = {
  "does not exist": { code: "E404", mid: bad },
  "has no such version": { code: "ETARGET", mid: bad, more: { "bad@2.0.0": {} } },
  "has no such tag": { code: "ETARGET", mid: { bad: "nightly" }, more: { "bad@1.0.0": {} } },
  "may not be read": { code: "E403", mid: bad, options: { faults: [{ path: "bad", status: 403 }] } },
  "asks who is there": { code: "E401", mid: bad, options: { faults: [{ path: "bad", status: 401 }] } },
  "is no JSON": {
    code: "EINVALIDPACKUMENT",
    mid: bad,
    more: { "bad@1.0.0": {} },
    options: { faults: [{ path: "bad", body: "<html>" }] },
  },
  "has a tag that is none": { code: "EINVALIDTAGNAME", mid: { bad: "a b" } },
  "has a protocol that is none": { code: "EUNSUPPORTEDPROTOCOL", mid: { bad: "workspace:^" } },
  "is in git": { code: "EUNSUPPORTED", mid: { bad: "github:user/bad" } },
  "is for another machine": { code: "EBADPLATFORM", mid: bad, more: { "bad@1.0.0": { cpu: ["s390x"] } } },
  "is not what was promised": {
    code: "EINTEGRITY",
    mid: bad,
    more: { "bad@1.0.0": { bundleDependencies: ["x"] } },
    options: { tarballs: { "bad/-/bad-1.0.0.tgz": new Uint8Array(1024) } },
  },
};

test.each(Object.entries(TROUBLES))(
  "a package that %s: the failure has a code, the package, the dependent and a way out",
  async (_, trouble) => {
    const { code, mid, more = {}, options } = trouble;
    const registry = fakeRegistry({ "top@1.0.0": { mid: "1" }, "mid@1.0.0": mid, ...more }, options);
    const failure = await failureOf(tree(registry, { top: "1" }));
    expect(failure).toMatchObject({ code, package: "bad", requiredBy: ["node_modules/mid"] });
    // npm's message on a protocol has the spec only.
    expect(failure.message).toContain(code === "EUNSUPPORTEDPROTOCOL" ? "workspace:^" : "bad");
    expect(failure.wayOut.length).toBeGreaterThan(0);
    for (const { text } of failure.wayOut) expect(text).toMatch(/\w/);
    // A failure is plain data, so it can be sent to another thread.
    expect(structuredClone(failure)).toEqual(failure);
  },
);

const WITH_PATHS = ["does not exist", "has no such version", "is no JSON", "is in git", "is for another machine"];

test.each(WITH_PATHS)(
  "a package that %s: the failure has the path from the project to the dependent",
  async (which) => {
    const { mid, more = {}, options } = TROUBLES[which] as Trouble;
    const registry = fakeRegistry({ "top@1.0.0": { mid: "~1.0.0" }, "mid@1.0.0": mid, ...more }, options);
    const manifest = { name: "app", version: "1.2.3", devDependencies: { top: "1" } };
    const { paths } = await failureOf(resolveManifest(registry, manifest));
    // A package that was loaded has its dependent as the last step, without the type of the dependency on it.
    const last = which === "is for another machine" ? {} : { type: "prod" };
    expect(paths).toEqual([
      [
        { location: "", name: "app", version: "1.2.3", spec: "1", type: "dev" },
        { location: "node_modules/top", name: "top", version: "1.0.0", spec: "~1.0.0", type: "prod" },
        { location: "node_modules/mid", name: "mid", version: "1.0.0", ...last },
      ],
    ]);
  },
);

test("a failure names every dependent, each with its own path", async () => {
  const registry = fakeRegistry({ "a@1.0.0": { gone: "1" }, "b@1.0.0": { gone: "1" } });
  const failure = await failureOf(tree(registry, { a: "1", b: "1" }));
  expect(failure.requiredBy).toContain("node_modules/a");
  expect(failure.paths).toHaveLength(failure.requiredBy.length);
});

test("a version that does not exist: one way out is a spec that exists", async () => {
  const registry = fakeRegistry({ "x@1.0.0": {}, "x@1.4.0": {} });
  const failure = await failureOf(tree(registry, { x: "^2.0.0" }));
  expect(failure.found).toContain("1.4.0");
  const [way] = failure.wayOut;
  expect(way).toMatchObject({ kind: "spec", package: "x", spec: "^1.4.0" });
  expect(await tree(registry, { x: way?.kind === "spec" ? way.spec : "" })).toBe("x@1.4.0");
});

test("every way out of the project's own peer conflict works", async () => {
  const registry = fakeRegistry({
    "plugin@1.0.0": { peerDependencies: { host: "^1.0.0" } },
    "host@1.0.0": {},
    "host@2.0.0": {},
  });
  const dependencies = { plugin: "1", host: "2" };
  const { wayOut } = await failureOf(tree(registry, dependencies));
  const drawn: Record<string, string> = {};
  for (const way of wayOut) {
    if (way.kind === "override") drawn[way.kind] = await tree(registry, { dependencies, overrides: way.overrides });
    if (way.kind === "spec") drawn[way.kind] = await tree(registry, { ...dependencies, [way.package]: way.spec });
    if (way.kind === "option") drawn[way.option] = await tree(registry, dependencies, { [way.option]: true });
  }
  expect(drawn).toEqual({
    spec: "host@1.0.0\nplugin@1.0.0",
    override: "host@2.0.0\nplugin@1.0.0",
    legacyPeerDeps: "host@2.0.0\nplugin@1.0.0",
    force: "host@2.0.0\nplugin@1.0.0",
  });
});

test("an optional package is left out if its registry does not answer, as if it did not exist", async () => {
  const registry = fakeRegistry({ "a@1.0.0": {} }, { faults: [{ path: "x", status: 500 }] });
  const resolution = await resolveManifest(registry, { dependencies: { a: "1" }, optionalDependencies: { x: "1" } });
  expect(flagsOf(resolution)).toEqual(["node_modules/a"]);
});

test("two packages that evict each other without end: ENONTERMINATING", async () => {
  // In the main loop, not in one peer set: each placement evicts the peer of the other one.
  const registry = fakeRegistry({
    "app@1.0.0": { plugin: "1", host: "2" },
    "plugin@1.0.0": { peerDependencies: { host: "1", other: "1" } },
    "other@1.0.0": { peerDependencies: { host: "2" } },
    "host@1.0.0": {},
    "host@2.0.0": {},
  });
  const failure = await failureOf(tree(registry, { app: "1" }));
  expect(failure.code).toBe("ENONTERMINATING");
  expect(failure.message).toContain("node_modules/host");
  expect(failure.wayOut).toContainEqual(expect.objectContaining({ kind: "option", option: "legacyPeerDeps" }));
  expect(await tree(registry, { app: "1" }, { legacyPeerDeps: true })).toBe("app@1.0.0\nhost@2.0.0\nplugin@1.0.0");
});

test("of several packages that fail, the failure of the first by name counts, as npm places them in that order", async () => {
  const registry = fakeRegistry({ "a@1.0.0": {}, "c@1.0.0": {}, "x@1.0.0": { c: "9", a: "9" } });
  expect(await failureOf(tree(registry, { x: "1" }))).toMatchObject({ code: "ETARGET", package: "a" });
});

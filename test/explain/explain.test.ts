import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { failure } from "../../src/errors/failure.ts";
import type { ExplainedEdge, ExplainedNode } from "../../src/explain/eresolve.ts";
import { explain } from "../../src/explain/explain.ts";

const project: ExplainedNode = { location: "" };
const mine = (type: string, name: string, spec: string): ExplainedEdge => ({ type, name, spec, from: project });

function at(name: string, version: string, dependents: ExplainedEdge[]): ExplainedNode {
  return { name, version, location: `node_modules/${name}`, isWorkspace: false, dependents };
}

const whileInstalling = { name: "app", version: "1.0.0" };

function conflict(): Record<string, unknown> {
  const airbnb = at("airbnb", "19.0.4", [mine("dev", "airbnb", "^19.0.0")]);
  return {
    edge: { type: "peer", name: "eslint", spec: "^7.32.0 || ^8.2.0", from: { ...airbnb, whileInstalling } },
    current: { ...at("eslint", "9.39.5", [mine("dev", "eslint", "^9.0.0")]), whileInstalling },
    currentEdge: mine("dev", "eslint", "^9.0.0"),
    strictPeerDeps: false,
    force: false,
  };
}

test("prints a peer conflict at the root as npm does, then the ways out", () => {
  expect(explain(failure("ERESOLVE", "unable to resolve dependency tree", { details: conflict() }))).toBe(
    `unable to resolve dependency tree

While resolving: app@1.0.0
Found: eslint@9.39.5
node_modules/eslint
  dev eslint@"^9.0.0" from the root project

Could not resolve dependency:
peer eslint@"^7.32.0 || ^8.2.0" from airbnb@19.0.4
node_modules/airbnb
  dev airbnb@"^19.0.0" from the root project

Ways out:
  1. Use eslint@"^7.32.0 || ^8.2.0" in package.json: airbnb@19.0.4 requires it.
  2. Override eslint below airbnb with the project's own spec.
     "overrides": {"airbnb":{"eslint":"$eslint"}}
  3. Ignore peer dependencies, with legacyPeerDeps (--legacy-peer-deps).
  4. Accept the conflict, with force (--force).`,
  );
});

test("prints a peer that could not be placed, with links, workspaces, overrides and many dependents", () => {
  const folder = { name: "w", version: "1.0.0", location: "packages/w", isWorkspace: true, dependents: [] };
  const link = at("w", "1.0.0", [
    { type: "workspace", name: "w", spec: "file:/x/packages/w", from: { location: "/x" } },
  ]);
  const many = ["c", "d", "e", "a-package-with-a-name-of-fifty-characters-or-some-more", "f"].map((name) => ({
    ...mine("prod", "b", "1"),
    from: at(name, "1.0.0", []),
  }));
  const peer = { type: "peer", name: "b", spec: "2", from: { ...folder, linksIn: [link] } };
  const details = {
    edge: { type: "prod", name: "a", spec: "^2", rawSpec: "^1", overridden: true, bundled: true, from: project },
    dep: { ...at("a", "2.0.0", []), whileInstalling: {} },
    current: null,
    peerConflict: { current: at("b", "1.0.0", many), peer: at("b", "2.0.0", [peer]) },
    strictPeerDeps: true,
  };
  expect(explain(failure("ERESOLVE", "could not resolve", { details }))).toBe(
    `could not resolve

While resolving: the root project
Found: b@1.0.0
node_modules/b
  b@"1" from c@1.0.0
  node_modules/c
  b@"1" from d@1.0.0
  node_modules/d
  3 more (e, ...)

Could not resolve dependency:
bundled overridden a@"^2" (was "^1") from the root project

Conflicting peer dependency: b@2.0.0
node_modules/b
  peer b@"2" from w@1.0.0
  packages/w
    w@1.0.0
    node_modules/w
      workspace packages/w from the root project

Ways out:
  1. Override b below w with 1.0.0.
     "overrides": {"w":{"b":"1.0.0"}}
  2. Turn off strictPeerDeps: then npm accepts conflicts below the project's own dependencies.
  3. Ignore peer dependencies, with legacyPeerDeps (--legacy-peer-deps).
  4. Accept the conflict, with force (--force).`,
  );
});

test("prints dependents in a cycle once", () => {
  const a = at("a", "1.0.0", []);
  const b = at("b", "1.0.0", [{ type: "peer", name: "b", spec: "1", from: a }]);
  (a as { dependents: unknown }).dependents = [{ type: "peer", name: "a", spec: "1", from: b }];
  const text = explain(
    failure("ERESOLVE", "m", { details: { edge: { type: "peer", name: "a", spec: "2", from: b }, current: a } }),
  );
  expect(text).toContain("Found: a@1.0.0");
  expect(text.length).toBeLessThan(2000);
});

test("prints what was found, the paths from the project and the ways out", () => {
  const text = explain(
    failure("ETARGET", "No version of ms matches ^999.0.0.", {
      package: "ms",
      spec: "^999.0.0",
      found: "latest: 2.1.3",
      requiredBy: ["node_modules/debug"],
      paths: [
        [
          { location: "", name: "app", spec: "^4.0.0", type: "dev" },
          { location: "node_modules/debug", name: "debug", version: "4.3.4", spec: "^999.0.0", type: "prod" },
        ],
      ],
      wayOut: [{ kind: "spec", package: "ms", spec: "^2.1.3", text: "Use ms@^2.1.3" }],
    }),
  );
  expect(text).toBe(`No version of ms matches ^999.0.0.

Found: latest: 2.1.3

Required by:
  the project requires debug@"^4.0.0" (dev)
    debug@4.3.4 requires ms@"^999.0.0"

Ways out:
  1. Use ms@^2.1.3`);
});

test("prints three locations if there are no paths, and counts the rest", () => {
  const requiredBy = ["", "node_modules/a", "node_modules/b", "node_modules/c", "node_modules/d"];
  expect(
    explain(failure("E404", "Cannot fetch x: the registry answered 404 (not found).", { requiredBy })),
  ).toBe(`Cannot fetch x: the registry answered 404 (not found).

Required by:
  the project
  node_modules/a
  node_modules/b
  and 2 more`);
});

test("prints each detail once", () => {
  const platform = {
    required: { os: ["darwin", "win32"], cpu: [] },
    current: { os: "linux", cpu: "x64", libc: undefined },
  };
  expect(explain(failure("EBADPLATFORM", "bad", { found: "linux x64", details: platform }))).toBe(`bad

Required: os darwin or win32
Actual: os linux, cpu x64`);
  const integrity = { expected: "sha512-a", actual: "sha512-b", url: "http://registry.local/a.tgz" };
  expect(explain(failure("EINTEGRITY", "bad", { found: "sha512-b", details: integrity }))).toBe(
    "bad\n\nFound: sha512-b\nURL: http://registry.local/a.tgz\nExpected: sha512-a",
  );
  const file = { path: "/app/package.json", url: "" };
  expect(explain(failure("ENOENT", "There is no /app/package.json.", { details: file }))).toBe(
    "There is no /app/package.json.",
  );
});

test("ignores details of an unknown shape", () => {
  for (const details of [{ edge: null }, { edge: {} }, { current: [] }, { required: null, url: 7, path: {} }])
    expect(explain(failure("ERESOLVE", "m", { details })).startsWith("m\n")).toBe(true);
  expect(explain(failure("EINTERNAL", "only this"))).toBe("only this");
});

const registry = process.env["WEBHOIST_REGISTRY"];
const real = registry ? join(registry, "cases", "real") : "";

test.runIf(existsSync(real))("prints the same lines as npm for recorded conflicts", () => {
  const texts = readdirSync(real)
    .map((name) => JSON.parse(readFileSync(join(real, name, "case.json"), "utf8")).expect.error)
    .filter((error) => error?.code === "ERESOLVE")
    .map(({ text }: { text: string[] }) => text.slice(2, -1).join("\n"));
  const ours = explain(failure("ERESOLVE", "m", { details: conflict() })).replace(/\n\n/g, "\n");
  const lines = ours
    .replaceAll("airbnb", "eslint-config-airbnb")
    .replace("app@", "eslint-9-vs-airbnb@")
    .split("\n")
    .slice(1, 9);
  expect(texts).toContain(lines.join("\n"));
});

import { expect, test } from "vitest";
import type { Failure } from "../../../src/api/failure.ts";
import type { Proof } from "../../../src/api/flat.ts";
import type { Resolution, ResolveOptions } from "../../../src/api/resolve.ts";
import { type FakeRegistry, fakeRegistry } from "../../support/fake-registry.ts";
import { failureOf, warned } from "../../support/outcome.ts";
import { resolveIn } from "../../support/tree.ts";
import { type Scenario, type ScenarioRoot, scenarioFiles } from "./scenario.ts";

const cases = scenarioFiles().flatMap(([file, { cases: scenarios }]) =>
  scenarios.map((one) => [`${file}: ${one.title}`, one] as const),
);

function flat(
  registry: FakeRegistry,
  root: ScenarioRoot,
  more: { options?: ResolveOptions; lock?: string } = {},
): Promise<Resolution> {
  const manifest = { name: "app", version: "1.0.0", ...root };
  const { options, lock } = more;
  const given = { "package.json": JSON.stringify(manifest), ...(lock && { "package-lock.json": lock }) };
  return resolveIn(registry, given, { ...options, strategy: "flat" });
}

async function solve({ registry: packages, first, root, options = {} }: Scenario): Promise<Resolution> {
  const registry = fakeRegistry(packages);
  if (!first) return flat(registry, root, { options });
  const before = await flat(registry, first.root);
  expect(before.versions).toEqual(first.versions);
  return flat(registry, root, { options, lock: before.files["package-lock.json"] as string });
}

/** Returns all packages that a failure's proof mentions. */
function namesOf({ details }: Failure): Set<string> {
  const proof = details?.["proof"] as Proof | undefined;
  return new Set((proof?.facts ?? []).flatMap(({ from, name }) => [from, name]));
}

test.each(cases)("%s", async (_, scenario) => {
  const wanted = scenario.expect;
  if ("versions" in wanted) {
    expect((await solve(scenario)).versions).toEqual(wanted.versions);
    return;
  }
  const failure = await failureOf(solve(scenario));
  expect(failure.code).toBe(wanted.failure);
  expect([...namesOf(failure)]).toEqual(expect.arrayContaining([...wanted.names]));
});

test("a prerelease that npm's own rule would exclude is a warning", async () => {
  const registry = fakeRegistry({ "a@1.0.0": { b: "<2.0.0" }, "b@1.0.0-dev": {}, "b@2.0.0": {} });
  const root = { dependencies: { a: "*", c: "npm:b@<2.0.0" } };
  const resolution = await flat(registry, root, { options: { prereleases: "if-necessary" } });
  expect(resolution.versions).toEqual({ a: "1.0.0", b: "1.0.0-dev", c: "1.0.0-dev" });
  expect(warned(resolution)).toEqual(["ERESOLVE c", "ERESOLVE b"]);
  const named = { dependencies: { a: "*", b: "^1.0.0-dev" } };
  const quiet = fakeRegistry({ "a@1.0.0": { b: "*" }, "b@1.0.0-dev": {} });
  expect(warned(await flat(quiet, named, { options: { prereleases: "allow" } }))).toEqual([]);
});

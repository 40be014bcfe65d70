import fc from "fast-check";
import { expect, test } from "vitest";
import { ALL_TECHNIQUES } from "../../../src/solver/techniques.ts";
import { registryCases, SMALL } from "./arbitrary.ts";
import { type Choice, findChoice } from "./brute-force.ts";
import { checkAnswer, checkChoice } from "./check-answer.ts";
import { type Ban, checkDerivation, type Derived, follows } from "./check-proof.ts";
import { hold } from "./hold.ts";
import { Model, type Problem, ROOT, type Rule } from "./model.ts";
import type { Project, RegistryCase, Sections } from "./registry-case.ts";
import { solveAlone } from "./search-alone.ts";

// Tests the checkers of the solver: with cases written by hand, and with wrong solvers.

function model(project: Project, packages: Record<string, Sections>, tags: RegistryCase["tags"] = {}): Model {
  return new Model({ project, packages, tags });
}

/** Returns the solution as `a@1.0.0 b@2.0.0`, or null. */
function answer(model: Model): string | null {
  const found = findChoice(model);
  return found
    ? [...found.values()]
        .filter((id) => id !== ROOT)
        .sort()
        .join(" ")
    : null;
}

test("trying every choice finds the valid one", () => {
  const packages = {
    "a@1.0.0": { dependencies: { c: "1.0.0" } },
    "a@2.0.0": { dependencies: { c: "2.0.0" } },
    "b@1.0.0": { peerDependencies: { c: "1.x" } },
    "c@1.0.0": {},
    "c@2.0.0": {},
  };
  expect(answer(model({ dependencies: { a: "*", b: "*" } }, packages))).toBe("a@1.0.0 b@1.0.0 c@1.0.0");
  expect(answer(model({ dependencies: { a: "2.0.0", b: "*" } }, packages))).toBe(null);
  const overrides = { c: "2.0.0" };
  expect(answer(model({ dependencies: { a: "1.0.0", b: "*" }, overrides }, packages))).toBe("a@1.0.0 b@1.0.0 c@2.0.0");
  const scoped = { overrides: { a: { c: "1.0.0" } } };
  expect(answer(model({ dependencies: { a: "2.0.0", b: "*" }, ...scoped }, packages))).toBe("a@2.0.0 b@1.0.0 c@1.0.0");
  expect(answer(model({ dependencies: { a: "2.0.0", b: "*" }, overrides: { b: { c: "2.0.0" } } }, packages))).toBe(
    "a@2.0.0 b@1.0.0 c@2.0.0",
  );
});

test("optional packages may be missing, and must fit if they are installed", () => {
  const packages = {
    "a@1.0.0": { peerDependencies: { b: "1.0.0" }, peerDependenciesMeta: { b: { optional: true } } },
    "b@1.0.0": {},
    "b@2.0.0": {},
  };
  expect(answer(model({ dependencies: { a: "*" } }, packages))).toBe("a@1.0.0");
  expect(answer(model({ dependencies: { a: "*", b: "*" } }, packages))).toBe("a@1.0.0 b@1.0.0");
  expect(answer(model({ dependencies: { a: "*", b: "2.0.0" } }, packages))).toBe(null);
  expect(answer(model({ dependencies: { a: "*" }, optionalDependencies: { b: "2.0.0" } }, packages))).toBe("a@1.0.0");
  expect(answer(model({ dependencies: { gone: "*" } }, packages))).toBe(null);
  expect(answer(model({ optionalDependencies: { gone: "*" } }, packages))).toBe("");
  expect(answer(model({ devDependencies: { b: "3" } }, packages))).toBe(null);
});

test("ranges, dist-tags, prereleases and aliases have npm's meaning", () => {
  const packages = { "a@1.0.0": {}, "a@2.0.0-rc.1": {}, "a@2.0.0-rc.2": {}, "b@1.0.0": { dependencies: { a: "^1" } } };
  const tags = { a: { latest: "1.0.0", next: "2.0.0-rc.1" } };
  expect(answer(model({ dependencies: { a: ">=1.5.0" } }, packages, tags))).toBe(null);
  expect(answer(model({ dependencies: { a: "^2.0.0-rc.2" } }, packages, tags))).toBe("a@2.0.0-rc.2");
  expect(answer(model({ dependencies: { a: "next" } }, packages, tags))).toBe("a@2.0.0-rc.1");
  expect(answer(model({ dependencies: { a: "lost" } }, packages, tags))).toBe(null);
  expect(answer(model({ dependencies: { a: "npm:b@1" } }, packages, tags))).toBe(null);
  expect(answer(model({ dependencies: { c: "npm:b@1", a: "*" } }, packages, tags))).toBe("a@1.0.0 b@1.0.0");
});

test("finds solutions that break a rule, have unrequired packages, or leave out possible ones", () => {
  const packages = { "a@1.0.0": { dependencies: { b: "1.0.0" } }, "b@1.0.0": {}, "b@2.0.0": {}, "c@1.0.0": {} };
  const tested = model({ dependencies: { a: "*" }, optionalDependencies: { c: "*" } }, packages);
  const wrong = (...ids: string[]): string[] =>
    checkAnswer(tested, new Map([[ROOT, ROOT], ...ids.map((id) => [id.slice(0, 1), id] as const)]));
  expect(wrong("a@1.0.0", "b@1.0.0", "c@1.0.0")).toEqual([]);
  expect(wrong("a@1.0.0", "b@1.0.0")).toEqual(["the project could have its optional c@*"]);
  expect(wrong("a@1.0.0", "b@2.0.0", "c@1.0.0")).toEqual(["a wants b in b@1.0.0, not b@2.0.0"]);
  expect(wrong("a@1.0.0", "c@1.0.0")).toEqual(["a wants b in b@1.0.0, not undefined"]);
  expect(wrong("a@9.0.0", "c@1.0.0")).toEqual([
    "a is a@9.0.0, which is not there",
    "the project wants a in a@1.0.0, not a@9.0.0",
  ]);
  const lonely = model(
    { dependencies: { c: "*" }, peerDependencies: { a: "*" }, peerDependenciesMeta: { a: { optional: true } } },
    packages,
  );
  expect(
    checkAnswer(
      lonely,
      new Map([
        [ROOT, ROOT],
        ["c", "c@1.0.0"],
        ["a", "a@1.0.0"],
        ["b", "b@1.0.0"],
      ]),
    ),
  ).toEqual(["nothing requires a", "nothing requires b"]);
});

/** Chooses the last version that the first dependent allows, and never goes back. */
function greedy({ installable, rules }: Problem): Choice | null {
  const chosen = new Map([[ROOT, ROOT]]);
  for (const [from, id] of chosen) {
    for (const { name, allowed, kind } of rules.filter((rule) => rule.from === from && rule.when.has(id))) {
      const best = installable.get(name)?.findLast((one) => allowed.has(one));
      if (kind === "constraint" || chosen.has(name)) continue;
      if (best === undefined) return null;
      chosen.set(name, best);
    }
  }
  return chosen;
}

test("finds the errors of a solver that never goes back", async () => {
  const givesUp = hold(
    registryCases(SMALL),
    (one) => {
      const model = new Model(one);
      return greedy(model) === null && findChoice(model) ? ["it gave up"] : [];
    },
    500,
  );
  await expect(givesUp).rejects.toThrow(/^it gave up\nseed \d+, registry \d+, extra \d+\nproject \{.*\}\npackages \{/);
  const wrong = hold(
    registryCases(SMALL),
    (one) => {
      const model = new Model(one);
      const found = greedy(model);
      return found ? checkChoice(model, found) : [];
    },
    500,
  );
  await expect(wrong).rejects.toThrow(/ wants /);
}, 60_000);

/** Returns the share of changed derivations whose error is not found. */
function survivors(
  change: (found: {
    rules: readonly Rule[];
    steps: readonly Derived[];
  }) => { rules: readonly Rule[]; steps: readonly Derived[] } | null,
): number {
  let changed = 0;
  let survived = 0;
  for (const one of fc.sample(registryCases(SMALL), { numRuns: 60, seed: 3 })) {
    const { installable, rules } = new Model(one);
    const found = solveAlone({ installable, rules }, ALL_TECHNIQUES);
    const other = "rules" in found ? change(found) : null;
    if (!other) continue;
    changed++;
    if (checkDerivation({ installable, rules: other.rules }, other.steps).length === 0) survived++;
  }
  expect(changed).toBeGreaterThan(10);
  return survived / changed;
}

test("finds derivations that lack a fact, or conclude too much", () => {
  // Removes the last fact.
  expect(survivors(({ rules, steps }) => ({ rules: rules.slice(0, -1), steps }))).toBe(0);
  // Makes the last fact apply to no version.
  const idle = (rule: Rule): Rule => ({ ...rule, when: new Set() });
  expect(survivors(({ rules, steps }) => ({ rules: rules.with(-1, idle(rules.at(-1) as Rule)), steps }))).toBe(0);
  // Makes the first step the conclusion.
  expect(
    survivors(({ rules, steps }) =>
      steps.length < 2 ? null : { rules, steps: [{ ...(steps[0] as Derived), readings: [new Map()] }] },
    ),
  ).toBe(0);
});

test("law: a ban follows if every choice shows it", () => {
  const installable = new Map([
    ["a", ["1", "2"]],
    ["b", ["1", "2"]],
    ["c", ["1"]],
  ]);
  const states = (name: string): string[] => [...(installable.get(name) ?? []), "absent"];
  const ban = fc.record(
    { a: fc.subarray(states("a")), b: fc.subarray(states("b")), c: fc.subarray(states("c")) },
    { requiredKeys: [] },
  );
  const of = (drawn: Record<string, string[]>): Ban =>
    new Map(Object.entries(drawn).map(([name, set]) => [name, new Set(set)]));
  const choices = states("a").flatMap((a) =>
    states("b").flatMap((b) =>
      states("c").map(
        (c) =>
          new Map([
            ["a", a],
            ["b", b],
            ["c", c],
          ]),
      ),
    ),
  );
  const hits = (one: Ban, choice: Choice): boolean => [...one].every(([name, set]) => set.has(choice.get(name) ?? ""));
  const seen = new Set<boolean>();
  const law = fc.property(ban, ban, ban, (one, two, three) => {
    const [claim, first, second] = [of(one), of(two), of(three)];
    const so = choices.every((choice) => !hits(claim, choice) || hits(first, choice) || hits(second, choice));
    seen.add(so);
    expect(follows({ installable, rules: [] }, claim, [first, second])).toBe(so);
  });
  fc.assert(law, { numRuns: 500, seed: 1 });
  expect(seen.size).toBe(2);
});

import { describe, expect, test } from "vitest";
import type { WayOut } from "../../src/api/failure.ts";
import type { Proof, ProofFact } from "../../src/api/flat.ts";
import { PAUSE, type Steps } from "../../src/engine/need.ts";
import { type HintContext, hintsFor, MAX_TRIALS } from "../../src/flat/hints.ts";
import { indexPackument } from "../../src/registry/condense.ts";
import type { Packument } from "../../src/registry/packument.ts";
import { StepCounter } from "../../src/solver/step-counter.ts";
import { fact } from "../explain/build-proof.ts";

const NO_TAGS = {};

/** Returns a trial that pauses once. */
function* steps(answer: boolean): Steps<boolean> {
  yield PAUSE;
  return answer;
}

function run<T>(work: Steps<T>): T {
  for (;;) {
    const { done, value } = work.next({ ok: true, value: undefined });
    if (done) return value;
  }
}

/** Creates packuments from `{ a: ["1.0.0", "2.0.0 deprecated"] }`. `latest` is the last version. */
function packuments(versionsByName: Record<string, string[]>, tags: Record<string, Record<string, string>> = NO_TAGS) {
  const found = new Map<string, Packument>();
  for (const [name, list] of Object.entries(versionsByName)) {
    const versions = list.map((text): [string, object] => {
      const [version = "", deprecated] = text.split(" ");
      return [version, { name, version, ...(deprecated && { deprecated }) }];
    });
    const document = {
      name,
      "dist-tags": { latest: versions.at(-1)?.[0], ...tags[name] },
      versions: Object.fromEntries(versions),
    };
    found.set(name, indexPackument(name, new TextEncoder().encode(JSON.stringify(document))));
  }
  return found;
}

interface HintCase {
  packages?: Record<string, string[]>;
  tags?: Record<string, Record<string, string>>;
  /** The changes that give a solution: overrides and specs as JSON, and relaxations. */
  works?: readonly string[];
}

function hints(
  facts: readonly ProofFact[],
  { packages = {}, tags, works = [] }: HintCase = {},
  asked: string[] = [],
): WayOut[] {
  const known = packuments(packages, tags);
  const answer = (what: string): boolean => {
    asked.push(what);
    return works.includes(what);
  };
  const context: HintContext = {
    counter: new StepCounter(),
    names: known.keys(),
    packument: (name) => known.get(name),
    direct: new Map(facts.filter(({ from }) => from === "").map(({ name, spec }) => [name, spec])),
    isSolvable: (overrides, specs) => steps(answer(`${JSON.stringify(overrides)} ${JSON.stringify(specs)}`)),
    isSolvableWith: (relaxation) => steps(answer(relaxation)),
  };
  return run(hintsFor({ facts, steps: [] } satisfies Proof, context));
}

describe("a hint for a spec that no version satisfies", () => {
  test("offers the latest version", () => {
    const missing = { why: "none", found: "2.0.0" } as const;
    expect(
      hints([fact("", "a@^9.0.0", { missing })], {
        packages: { a: ["1.0.0", "2.0.0", "3.0.0-rc"] },
        tags: { a: { latest: "2.0.0" } },
      }),
    ).toEqual([{ kind: "spec", package: "a", spec: "^2.0.0", text: "Use a@^2.0.0 in package.json." }]);
    expect(hints([fact("", "a@npm:b@^9.0.0", { missing })], { packages: { b: ["1.0.0"] } })).toEqual([
      { kind: "spec", package: "a", spec: "npm:b@^1.0.0", text: "Use a@npm:b@^1.0.0 in package.json." },
    ]);
  });

  test("offers the existing dist-tags, the nearest first", () => {
    const tags = { a: { latest: "1.0.0", beta: "1.0.0", alpha: "1.0.0", next: "1.0.0" } };
    const found = hints([fact("", "a@nxet", { missing: { why: "tag" } })], { packages: { a: ["1.0.0"] }, tags });
    expect(found.map((way) => way.kind === "spec" && way.spec)).toEqual(["next", "latest", "alpha"]);
  });

  test("offers names one edit away, and no others", () => {
    const near = ["react", "reacts", "rect", "raect", "preact", "redact", "vue"];
    const packages = Object.fromEntries(near.map((name) => [name, ["1.0.0"]]));
    const found = hints([fact("", "eact@1", { missing: { why: "package" } })], { packages });
    expect(found).toEqual([
      { kind: "other", text: "Use react instead of eact, if you meant that." },
      { kind: "other", text: "Check the name eact. A private package needs its scope's registry, or a token." },
    ]);
    const swapped = hints([fact("", "recat@1", { missing: { why: "package" } })], { packages });
    expect(swapped.map(({ text }) => text.split(" ")[1])).toEqual(["react", "rect", "the"]);
  });

  test("offers the prerelease, a later date, or the registry", () => {
    expect(hints([fact("", "a@^2.0.0", { missing: { why: "prerelease", found: "2.0.0-rc.1" } })])).toEqual([
      { kind: "spec", package: "a", spec: "2.0.0-rc.1", text: "Use a@2.0.0-rc.1 in package.json." },
    ]);
    expect(hints([fact("", "a@^2.0.0", { missing: { why: "time" } })])).toEqual([
      { kind: "option", option: "before", text: "Allow newer versions, with a later date in before." },
    ]);
    expect(hints([fact("", "a@^2.0.0", { missing: { why: "policy" } })])[0]?.text).toBe(
      "Ask the operator of the registry to allow a.",
    );
    expect(hints([fact("", "a@^2.0.0", { missing: { why: "unreadable" } })])[0]?.text).toBe(
      "Try again, or use a registry that has a.",
    );
  });

  test("tries no change if the project's own dependency is missing", () => {
    const asked: string[] = [];
    hints([fact("", "a@^9", { missing: { why: "none" } })], { packages: { a: ["1.0.0"] } }, asked);
    expect(asked).toEqual([]);
  });
});

test("a hint for a spec that only deprecated versions satisfy", () => {
  const packages = { a: ["1.0.0 old", "1.1.0 old", "2.0.0"], b: ["1.0.0", "2.0.0"] };
  expect(hints([fact("", "a@^1.0.0"), fact("", "b@^1.0.0")], { packages })).toEqual([
    {
      kind: "spec",
      package: "a",
      spec: "^2.0.0",
      text: "Use a@^2.0.0 in package.json: all versions that match ^1.0.0 are deprecated.",
    },
  ]);
});

describe("a hint for a conflict", () => {
  const facts = [
    fact("", "plugin@^19.0.0"),
    fact("plugin 19.0.4", "eslint@^7.32.0 || ^8.2.0", { type: "peer" }),
    fact("", "eslint@^9.0.0"),
  ];
  const packages = { plugin: ["19.0.4", "20.0.0"], eslint: ["7.32.0", "8.57.1", "9.1.0"] };

  test("tries a newer dependent, another spec, an override, then the relaxations", () => {
    const asked: string[] = [];
    expect(hints(facts, { packages }, asked)).toEqual([]);
    expect(asked).toEqual([
      '{} {"plugin":"^20.0.0"}',
      '{} {"eslint":"^7.32.0 || ^8.2.0"}',
      '{"eslint":"$eslint"} {}',
      "peers",
      "copies",
    ]);
  });

  test("offers only the changes that work", () => {
    const works = ['{} {"plugin":"^20.0.0"}', '{} {"eslint":"^7.32.0 || ^8.2.0"}', '{"eslint":"$eslint"} {}', "peers"];
    expect(hints(facts, { packages, works })).toEqual([
      { kind: "spec", package: "plugin", spec: "^20.0.0", text: "Use plugin@^20.0.0 in package.json." },
      {
        kind: "spec",
        package: "eslint",
        spec: "^7.32.0 || ^8.2.0",
        text: 'Use eslint@"^7.32.0 || ^8.2.0" in package.json: plugin 19.0.4 requires it.',
      },
      { kind: "override", text: "Override eslint with the project's own spec.", overrides: { eslint: "$eslint" } },
      {
        kind: "option",
        option: "relax: peers",
        text: "Turn peers that do not fit into warnings, with relax: peers (--relax=peers).",
      },
    ]);
  });

  test("overrides an indirect dependency with the version that satisfies the most specs", () => {
    const between = [
      fact("", "a@1"),
      fact("", "b@1"),
      fact("a *", "c@^1.0.0"),
      fact("b *", "c@^2.0.0"),
      fact("b *", "c@>=2.1.0"),
    ];
    const known = { c: ["1.0.0", "2.0.0", "2.1.0", "3.0.0"] };
    expect(hints(between, { packages: known, works: ['{"c":"2.1.0"} {}', "copies"] })).toEqual([
      { kind: "override", text: "Override c with 2.1.0.", overrides: { c: "2.1.0" } },
      {
        kind: "option",
        option: "relax: copies",
        text: "Allow several copies of a package where necessary, with relax: copies (--relax=copies).",
      },
    ]);
  });

  test("overrides a missing dependency of a dependency", () => {
    const facts = [fact("", "a@1"), fact("a *", "b@^9.0.0", { missing: { why: "none", found: "2.0.0" } })];
    expect(hints(facts, { packages: { b: ["1.0.0", "2.0.0"] }, works: ['{"b":"2.0.0"} {}'] })).toEqual([
      { kind: "override", text: "Override b with 2.0.0.", overrides: { b: "2.0.0" } },
    ]);
  });

  test("tries only a few changes, however many packages are in conflict", () => {
    const many = Array.from({ length: 40 }, (_, i) => [
      fact("", `p${i}@1`),
      fact(`p${i} *`, `q${i % 7}@^${i}.0.0`),
    ]).flat();
    const names = [...many.map(({ name }) => name)];
    const asked: string[] = [];
    hints(many, { packages: Object.fromEntries(names.map((name) => [name, ["1.0.0", "5.0.0"]])) }, asked);
    expect(asked.filter((what) => what.startsWith("{")).length).toBeLessThanOrEqual(MAX_TRIALS);
    expect(asked.length).toBeGreaterThan(3);
  });
});

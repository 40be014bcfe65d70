// Full tier: random registries, each with a proof checked by search.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Proof, ProofFact, ProofReference, ProofTerm } from "../../src/api/flat.ts";
import { type ProofLine, proofLines, proofText } from "../../src/explain/proof.ts";
import { fact, step } from "./build-proof.ts";

const NAMES = ["a", "b", "c", "d", "e", "f"];
const name = fc.constantFrom(...NAMES);
const versions = fc.constantFrom(
  "*",
  "1.0.0",
  "1.0.0 - 1.4.0",
  "<=1.2.0 || 2.0.0",
  ">=3.0.0-rc.1",
  "^1.0.0",
  "no version",
);
const spec = fc.constantFrom("*", "^1.0.0", "1.0.0", "1 || 2", "latest", "npm:z@^1.0.0");
const why = fc.constantFrom(
  "package",
  "tag",
  "prerelease",
  "time",
  "policy",
  "spec",
  "unreadable",
  "workspace",
  "empty",
  "none",
);

const facts = fc.array(
  fc.record({
    kind: fc.constantFrom("dependency", "constraint"),
    from: fc.oneof(fc.constant(""), name),
    versions,
    name,
    spec,
    rawSpec: spec,
    type: fc.constantFrom("prod", "dev", "optional", "peer", "peerOptional", "workspace"),
    missing: fc.option(fc.record({ why }, { requiredKeys: ["why"] }), { freq: 8, nil: undefined }),
  }),
  { minLength: 2, maxLength: 12 },
) as fc.Arbitrary<ProofFact[]>;

const terms = fc.uniqueArray(
  fc.record({ package: fc.oneof(fc.constant(""), name), versions, positive: fc.boolean() }),
  { maxLength: 4, selector: (term) => term.package },
) as fc.Arbitrary<ProofTerm[]>;

/** Graphs of the right shape that prove nothing. Their text must be consistent all the same. */
const proofs: fc.Arbitrary<Proof> = fc
  .record({
    facts,
    drawn: fc.array(fc.record({ terms, one: fc.nat(), two: fc.nat() }), { minLength: 1, maxLength: 40 }),
  })
  .map(({ facts: known, drawn }) => {
    const steps = drawn.map(({ terms: own, one, two }, at) => {
      const to = (place: number): ProofReference => {
        const chosen = place % (known.length + at);
        return chosen < known.length ? { fact: chosen } : { step: chosen - known.length };
      };
      return { terms: at === drawn.length - 1 ? [] : own, because: [to(one), to(two)] as const };
    });
    return { facts: known, steps };
  });

/** Returns the facts that the conclusion needs. */
function needed({ facts: known, steps }: Proof): ProofFact[] {
  const found = new Set<ProofFact>();
  const open = new Set([steps.length - 1]);
  for (const at of open)
    for (const reference of steps[at]?.because ?? []) {
      if ("step" in reference) open.add(reference.step);
      else found.add(known[reference.fact]!);
    }
  return [...found];
}

const namesIn = ({ parts }: ProofLine): Set<string> =>
  new Set(parts.flatMap((part) => (typeof part === "string" ? [] : [part.package])));

const referencesOf = ({ parts }: ProofLine): number[] =>
  parts.flatMap((part) =>
    typeof part === "string" ? [...part.matchAll(/ \((\d+)\)/g)].map((match) => Number(match[1])) : [],
  );

test("law: every fact that the conclusion needs is stated, and the conclusion comes last", () => {
  const holds = fc.property(proofs, (proof) => {
    const lines = proofLines(proof);
    const names = lines.map(namesIn);
    for (const { from, name: what } of needed(proof))
      expect(names.some((one) => one.has(what) && (from === "" || one.has(from)))).toBe(true);
    expect(proofText(lines).endsWith(", no choice of versions satisfies the project.")).toBe(true);
  });
  fc.assert(holds, { numRuns: 200 });
});

test("law: line numbers ascend, and each is used by a later line", () => {
  const holds = fc.property(proofs, (proof) => {
    const lines = proofLines(proof);
    const numbers = lines.flatMap(({ number }) => number ?? []);
    expect(numbers).toEqual(numbers.map((_, at) => at + 1));
    const referred = new Set<number>();
    for (const [at, line] of lines.entries())
      for (const number of referencesOf(line)) {
        referred.add(number);
        expect(lines.findIndex((other) => other.number === number)).toBeLessThan(at);
      }
    expect([...referred].sort((a, b) => a - b)).toEqual(numbers);
  });
  fc.assert(holds, { numRuns: 200 });
});

test("law: every line but the last is used, by the next one or by its number", () => {
  const holds = fc.property(proofs, (proof) => {
    const lines = proofLines(proof);
    for (const [at, { number }] of lines.slice(0, -1).entries()) {
      const next = lines[at + 1]?.parts[0];
      expect(number !== undefined || (typeof next === "string" && next.startsWith("And because "))).toBe(true);
    }
    expect(lines.at(-1)?.number).toBe(undefined);
  });
  fc.assert(holds, { numRuns: 200 });
});

test("law: equal proofs give equal text, in whole sentences", () => {
  const holds = fc.property(proofs, (proof) => {
    const text = proofText(proofLines(proof));
    expect(proofText(proofLines(structuredClone(proof)))).toBe(text);
    expect(text).not.toMatch(/undefined|null|NaN|\[object| {2}and|, ,|,,|\.\.|and and/);
    for (const line of text.split("\n")) expect(line).toMatch(/^(\(\d+\) +| *)(Because|And because) .*[^,]\.$/);
  });
  fc.assert(holds, { numRuns: 200 });
});

/** Returns a proof about `count` packages that require each other in a row. The last one conflicts with the project. */
function chain(count: number): Proof {
  const all = Array.from({ length: count }, (_, at) => fact(`p${at} *`, `p${at + 1}@^1.0.0`));
  const steps = all.map((_, at) => step(`not p${at + 1} 1.0.0`, at === 0 ? 0 : String(at - 1), at + 1));
  return {
    facts: [fact("", "p0@1"), ...all, fact("", `p${count}@2`)],
    steps: [...steps, step("", String(count - 1), count + 1)],
  };
}

/** Returns a proof about `count` versions of one package. Each conflicts with the project because of another package. */
function manyVersions(count: number): Proof {
  const conflicts = Array.from({ length: count }, (_, at) => [
    fact(`p 1.${at}.0`, `q${at}@1`),
    fact("", `q${at}@2`),
  ]).flat();
  const each = Array.from({ length: count }, (_, at) => step(`p 1.${at}.0`, 2 * at, 2 * at + 1));
  const joined = each
    .slice(1)
    .map((_, at) => step(`p 1.0.0 - 1.${at + 1}.0`, String(at === 0 ? 0 : count + at - 1), String(at + 1)));
  const steps = [...each, ...joined];
  return {
    facts: [...conflicts, fact("", "p@1")],
    steps: [...steps, step("", String(steps.length - 1), conflicts.length)],
  };
}

/** Returns a proof in which each step uses the one before it twice. A naive printer would take exponential time. */
function twice(count: number): Proof {
  const all = Array.from({ length: count }, (_, at) => [
    fact(`a${at} *`, `b${at}@1`),
    fact(`c${at} *`, `d${at}@1`),
  ]).flat();
  const steps = Array.from({ length: count }, (_, at) => {
    const before = at === 0 ? ([0, 1] as const) : ([String(3 * at - 1), String(3 * at - 1)] as const);
    return [
      step(`not b${at} 1.0.0`, before[0], 2 * at),
      step(`not d${at} 1.0.0`, before[1], 2 * at + 1),
      step(`not e${at} 1.0.0`, String(3 * at), String(3 * at + 1)),
    ];
  }).flat();
  return { facts: all, steps: [...steps.slice(0, -1), { terms: [], because: steps.at(-1)!.because }] };
}

test.each([
  ["a chain", chain(50_000), 20_000],
  ["many versions", manyVersions(2_000), 900],
  ["an argument made twice at each turn", twice(2_000), 1_900],
])("%s of thousands of steps", (_, proof, least) => {
  const lines = proofLines(proof);
  expect(lines.length).toBeGreaterThan(least);
  expect(lines.length).toBeLessThanOrEqual(proof.steps.length);
});

import { describe, expect, test } from "vitest";
import type { Missing, Proof, ProofFact } from "../../src/api/flat.ts";
import { failure } from "../../src/errors/failure.ts";
import { explain } from "../../src/explain/explain.ts";
import { proofLines, proofText } from "../../src/explain/proof.ts";
import { fact, step } from "./build-proof.ts";

const text = (facts: readonly ProofFact[], ...steps: Proof["steps"]): string => proofText(proofLines({ facts, steps }));

/** Prints a proof in which the facts lead to the conclusion in one line. */
function line(...facts: readonly ProofFact[]): string {
  const steps = facts.slice(1).map((_, at) => step("x 1.0.0", at === 0 ? 0 : String(at - 1), at + 1));
  return text(facts, ...steps.slice(0, -1), { terms: [], because: steps.at(-1)!.because });
}

const CANNOT = "no choice of versions satisfies the project.";

describe("a clause", () => {
  const own = fact("", "a@^1.0.0");
  /** Returns what the line says after the project's own requirement. */
  const clauseOf = (other: ProofFact): string => {
    const whole = line(own, other);
    expect(whole.startsWith("Because the project requires a@^1.0.0")).toBe(true);
    expect(whole.endsWith(`, ${CANNOT}`)).toBe(true);
    return whole.slice("Because the project requires a@^1.0.0".length, whole.lastIndexOf(", no choice"));
  };

  test.each<[string, ProofFact, string]>([
    ["a dependency", fact("a 1.2.0", "b@^2.0.0"), ", which requires b@^2.0.0"],
    ["any version", fact("a 1.2.0", "b@*"), ", which requires b"],
    ["a range with blanks", fact("a 1.2.0", "b@1 || 2"), ', which requires b@"1 || 2"'],
    ["several versions", fact("a 1.0.0 - 1.4.0", "b@2"), ", which requires b@2"],
    ["every version", fact("a *", "b@2"), ", which requires b@2"],
    [
      "versions that no other clause requires",
      fact("c 1.0.0 || >=2.0.0", "b@2"),
      ", and c 1.0.0 and from 2.0.0 require b@2",
    ],
    ["versions up to one", fact("c <=1.4.0", "b@2"), " and c up to 1.4.0 require b@2"],
    ["versions named by a range", fact("c ^1.0.0 || ^2.0.0", "b@2"), ' and every c@"^1.0.0 || ^2.0.0" requires b@2'],
    ["a peer", fact("a 1.2.0", "b@2", { type: "peer" }), ", which requires b@2 as a peer"],
    ["peers", fact("c 1.2.0 - 1.3.0", "b@2", { type: "peer" }), " and c 1.2.0 to 1.3.0 require b@2 as a peer"],
    [
      "an optional peer",
      fact("a 1.2.0", "b@2", { type: "peerOptional", kind: "constraint" }),
      ", which requires b@2 as an optional peer (if b is installed, it must fit)",
    ],
    [
      "an optional dependency",
      fact("a 1.2.0", "b@2", { type: "optional", kind: "constraint" }),
      ", which requires b@2 as an optional dependency (if b is installed, it must fit)",
    ],
    ["an override", fact("a 1.2.0", "b@2", { rawSpec: "^1.0.0" }), ", which requires b@2 (overridden from ^1.0.0)"],
    ["a dev dependency", fact("", "b@2", { type: "dev" }), " and b@2 (dev)"],
    ["a workspace", fact("", "w@file:/p/w", { type: "workspace" }), " and has the workspace w"],
    ["an alias", fact("a 1.2.0", "b@npm:c@^2.0.0"), ", which requires b@npm:c@^2.0.0"],
    ["a scope", fact("a 1.2.0", "@b/c@^2.0.0"), ", which requires @b/c@^2.0.0"],
  ])("states %s", (_, other, expected) => {
    expect(clauseOf(other)).toBe(expected);
  });

  test.each<[Missing, string]>([
    [{ why: "package" }, ", which requires b@^2.0.0, which does not exist"],
    [{ why: "tag" }, ", which requires b@^2.0.0, a dist-tag that b does not have"],
    [{ why: "none" }, ", which requires b@^2.0.0, which no version matches"],
    [{ why: "none", found: "1.9.0" }, ", which requires b@^2.0.0, which no version matches (the latest is 1.9.0)"],
    [
      { why: "prerelease", found: "2.0.0-rc" },
      ", which requires b@^2.0.0, which exists only as a prerelease: 2.0.0-rc",
    ],
    [
      { why: "time", found: "2.0.0" },
      ", which requires b@^2.0.0, of which all matching versions are newer than the date limit (2.0.0)",
    ],
    [{ why: "policy" }, ", which requires b@^2.0.0, which the registry withholds"],
    [
      { why: "workspace", found: "1.0.0" },
      ", which requires b@^2.0.0, which the workspace of that name does not match (its version is 1.0.0)",
    ],
    [{ why: "empty" }, ", which requires b@^2.0.0, which has no versions"],
    [{ why: "unreadable" }, ", which requires b@^2.0.0, which could not be read"],
    [
      { why: "unreadable", failure: failure("EUNREACHABLE", "no") },
      ", which requires b@^2.0.0, which could not be read (EUNREACHABLE)",
    ],
  ])("states why no version matches: %j", (missing, expected) => {
    expect(clauseOf(fact("a 1.2.0", "b@^2.0.0", { missing }))).toBe(expected);
  });

  test("is the whole proof if there is one fact", () => {
    const missing = { why: "none", found: "3.1.0" } as const;
    expect(text([fact("", "a@^9.0.0", { missing })])).toBe(
      `Because the project requires a@^9.0.0, which no version matches (the latest is 3.1.0), ${CANNOT}`,
    );
  });

  const many = Array.from({ length: 9 }, (_, i) => fact(`c 1.${9 - i}.0`, `b@^${i}.0.0`));
  const peers = ["18.0.0", "18.3.1", "18.2.0"].map((version) =>
    fact(`c ${version}`, `b@^${version}`, { type: "peer" }),
  );

  test.each<[string, ProofFact[], string]>([
    [
      "joins the versions of one dependent",
      [fact("c 1.0.0", "b@^1.0.0"), fact("c 1.1.0", "b@^2.0.0"), fact("c 1.2.0 - 1.4.0", "b@^1.0.0")],
      "c 1.0.0, 1.1.0 and 1.2.0 to 1.4.0 require b@^1.0.0 or b@^2.0.0,",
    ],
    ["counts long lists", many, "9 versions of c from 1.1.0 to 1.9.0 require b@^0.0.0, b@^1.0.0 or 7 more ranges,"],
    [
      "separates kinds of dependencies",
      [fact("c 1.0.0", "b@^1.0.0"), fact("c 2.0.0", "b@^1.0.0", { type: "peer" })],
      "c 1.0.0 requires b@^1.0.0 and c 2.0.0 requires b@^1.0.0 as a peer",
    ],
    [
      "sorts ranges by version, a range without a lower end first and a tag last",
      ["next", "^10.0.0", "^9.0.0", "<2.0.0"].map((spec, at) => fact(`c 1.${at}.0`, `b@${spec}`)),
      "c 1.0.0, 1.1.0, 1.2.0 and 1.3.0 require b@<2.0.0, b@^9.0.0, b@^10.0.0 or b@next,",
    ],
    ["merges the ranges of one line", peers, "c 18.0.0, 18.2.0 and 18.3.1 require b 18 as a peer,"],
    ["merges beside another line", [...peers, fact("", "b@^17.0.0")], "require b 18 as a peer,"],
    [
      "does not merge ranges if another fact requires a version of that line",
      [...peers, fact("", "b@18.1.0")],
      "require b@^18.0.0, b@^18.2.0 or b@^18.3.1 as a peer,",
    ],
    [
      "merges below 1 by the minor version",
      [fact("c 1.0.0", "b@^0.2.0"), fact("c 1.1.0", "b@~0.2.4"), fact("c 1.2.0", "b@0.3.x")],
      "c 1.0.0, 1.1.0 and 1.2.0 require b 0.2 or b@0.3.x,",
    ],
    [
      "does not merge a range that reaches across lines",
      [fact("c 1.0.0", "b@^1.0.0"), fact("c 1.1.0", "b@>=1.1.0")],
      "require b@^1.0.0 or b@>=1.1.0,",
    ],
  ])("%s", (_, facts, expected) => {
    expect(line(own, ...facts)).toContain(expected);
  });

  test.each([
    ["^18.0.0", "a@^18.0.0, and a 18 requires b 18 as a peer, no choice"],
    ["^18.2.0", "a@^18.2.0, which requires b 18 as a peer, no choice"],
  ])("with merged ranges names its subject if the dependent is a whole line: %s", (spec, expected) => {
    const versions = ["18.2.0", "18.3.1"].map((version) => fact(`a ${version}`, `b@^${version}`, { type: "peer" }));
    const facts = [fact("", `a@${spec}`), ...versions, fact("", "b@^17.0.0")];
    const steps = [
      step("a 18.2.0", 1, 3),
      step("a 18.3.1", 2, 3),
      step("a 18.2.0 || 18.3.1", "0", "1"),
      step("", "2", 0),
    ];
    expect(text(facts, ...steps)).toContain(expected);
  });
});

describe("a conclusion", () => {
  const [f, g, h, i] = [fact("", "a@1"), fact("a *", "b@1"), fact("b *", "c@1"), fact("c *", "d@1")];
  // The tested step is used twice, so it has a line of its own.
  const conclusionOf = (terms: string): string =>
    text([f, g, h, i], step("x 1.0.0", 0, 1), step(terms, "0", 2), step("y 1.0.0", 3, "1"), step("", "2", "1"))
      .split("\n")[0]!
      .replace(/^.*? c@1, /, "");

  test.each([
    ["a 1.0.0", "a 1.0.0 cannot be used."],
    ["root *, a 1.0.0 - 1.4.0", "a 1.0.0 to 1.4.0 cannot be used."],
    ["a *", "no version of a can be used."],
    ["a ^1.0.0", "no a@^1.0.0 can be used."],
    ["root *, not a 1.0.0 - 1.4.0", "the project needs a 1.0.0 to 1.4.0."],
    ["not a 1.0.0, not b *", "the project needs a 1.0.0 or b."],
    ["a 1.0.0, not b 1.0.0 || 1.2.0", "a 1.0.0 needs b 1.0.0 or 1.2.0."],
    ["a 1.0.0 || 1.2.0, not b *", "a 1.0.0 and 1.2.0 need b."],
    ["a *, not b 1.0.0, not d >=2.0.0", "every version of a needs b 1.0.0 or d from 2.0.0."],
    ["a 1.0.0, b 1.0.0", "a 1.0.0 cannot be used with b 1.0.0."],
    ["a *, b *", "no version of a can be used with any version of b."],
    ["a ^1.0.0, b ^1.0.0", "no a@^1.0.0 can be used with b@^1.0.0."],
    ["a 1.0.0, b *, e 2.0.0", "a 1.0.0, any version of b and e 2.0.0 cannot be used together."],
    ["a 1.0.0, b 2.0.0, not d 3.0.0", "a 1.0.0 and b 2.0.0 together need d 3.0.0."],
  ])("%s", (terms, expected) => {
    expect(conclusionOf(terms)).toBe(expected);
  });

  test("names the spec that the versions come from", () => {
    const own = [fact("", "a@^1.0.0"), fact("a *", "x@^1.0.0"), fact("x *", "b@^1.1.0"), fact("", "b@<1.5.0")];
    const facts = [...own, fact("b *", "c@1"), fact("b *", "d@1"), fact("c *", "e@1"), fact("d *", "e@2")];
    // The tested step is used twice, so it has a line of its own.
    const lines = (from: string, ...steps: Proof["steps"]): string => {
      const ends = [step("x *", from, 4), step("y *", String(steps.length), 6), step("z *", from, 5)];
      const [one, two] = [String(steps.length + 1), String(steps.length + 2)];
      const last = [step("y *", two, 7), step("", one, String(steps.length + 3))];
      return text(facts, ...steps, ...ends, ...last);
    };
    const needed = [step("not x 1.0.0", 0, 1), step("not b 1.1.0 - 1.9.0", "0", 2)];
    expect(lines("1", ...needed)).toContain(", the project needs b@^1.1.0.\n");
    const both = step("not b 1.1.0 - 1.4.0", "1", 3);
    expect(lines("2", ...needed, both)).toContain(", the project needs b 1.1.0 to 1.4.0.\n");
  });
});

describe("a whole proof", () => {
  test("says that the project contradicts a peer", () => {
    const facts = [
      fact("", "airbnb@^19.0.0", { type: "dev" }),
      fact("airbnb 19.0.4", "eslint@^7.32.0 || ^8.2.0", { type: "peer" }),
      fact("", "eslint@^9.0.0", { type: "dev" }),
    ];
    expect(text(facts, step("root *, not eslint 7.32.0 || 8.2.0 - 8.57.1", 0, 1), step("", 2, "0"))).toBe(
      `Because the project requires eslint@^9.0.0 (dev) and airbnb@^19.0.0 (dev), which requires eslint@"^7.32.0 || ^8.2.0" as a peer, ${CANNOT}`,
    );
  });

  test("splits a chain that does not fit one line", () => {
    const names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    const chain = names.slice(1).map((name, at) => fact(`${names[at]} *`, `${name}@^1.0.0`));
    const explanation = (length: number): string => {
      const facts = [
        fact("", "a@^1.0.0"),
        ...chain.slice(0, length),
        fact("", `${names[length]}@^2.0.0`, { type: "dev" }),
      ];
      const steps = chain
        .slice(0, length)
        .map((_, at) => step(`not ${names[at + 1]} 1.0.0`, at === 0 ? 0 : String(at - 1), at + 1));
      return text(facts, ...steps, step("", String(length - 1), length + 1));
    };
    expect(explanation(4)).toBe(
      `Because the project requires e@^2.0.0 (dev) and a@^1.0.0, which requires b@^1.0.0, which requires c@^1.0.0, which requires d@^1.0.0, which requires e@^1.0.0, ${CANNOT}`,
    );
    expect(explanation(7)).toBe(
      [
        "Because the project requires a@^1.0.0, which requires b@^1.0.0, which requires c@^1.0.0, which requires d@^1.0.0, which requires e@^1.0.0, the project needs e@^1.0.0.",
        "And because every version of e requires f@^1.0.0, which requires g@^1.0.0, the project needs g@^1.0.0.",
        `And because the project requires h@^2.0.0 (dev) and every version of g requires h@^1.0.0, ${CANNOT}`,
      ].join("\n"),
    );
  });

  test("follows two dependencies of one package", () => {
    const facts = [
      fact("", "m@^11.0.0"),
      fact("m >=9.4.0", "bilkent@^4.1.0"),
      fact("m >=11.1.0", "fcose@^2.2.0"),
      fact("bilkent 4.1.0", "base@^1.0.0"),
      fact("fcose *", "base@^2.2.0"),
    ];
    const steps = [
      step("m >=9.4.0, not base 1.0.0", 1, 3),
      step("m >=9.4.0, fcose *", "0", 4),
      step("m >=11.1.0", "1", 2),
      step("", 0, "2"),
    ];
    expect(text(facts, ...steps)).toBe(
      `Because the project requires m@^11.0.0, and m 11 requires bilkent@^4.1.0, which requires base@^1.0.0, and fcose@^2.2.0, which requires base@^2.2.0, ${CANNOT}`,
    );
  });

  test('does not say "every version" if versions fail for different reasons', () => {
    const facts = [
      fact("", "n@^7.0.0"),
      fact("n <=7.0.1", "spawn@^7.0.3"),
      fact("n >=7.0.2", "which@^5.0.0"),
      fact("spawn *", "which@^2.0.1"),
      fact("", "which@^3.0.0"),
    ];
    const steps = [
      step("n <=7.0.1", 1, 3),
      step("n >=7.0.2", 2, 4),
      step("n <=7.0.1 || >=7.0.2", "0", "1"),
      step("", "2", 0),
    ];
    const explanation = text(facts, ...steps);
    expect(explanation).toContain("n up to 7.0.1 require spawn@^7.0.3");
    expect(explanation).toContain("n from 7.0.2 require which@^5.0.0");
    expect(explanation).not.toContain("every n");
  });

  test("numbers the first of two arguments, and restates it", () => {
    const facts = [
      fact("", "foo@^1.0.0"),
      fact("foo 1.0.0", "a@^1.0.0"),
      fact("foo 1.0.0", "b@^1.0.0"),
      fact("foo 1.1.0", "x@^1.0.0"),
      fact("foo 1.1.0", "y@^1.0.0"),
      fact("a *", "b@^2.0.0"),
      fact("x *", "y@^2.0.0"),
    ];
    const steps = [
      step("foo 1.0.0, not b 2.0.0", 1, 5),
      step("foo 1.0.0", "0", 2),
      step("foo 1.1.0, not y 2.0.0", 3, 6),
      step("foo 1.1.0", "2", 4),
      step("not foo 1.1.0", 0, "1"),
      step("", "4", "3"),
    ];
    expect(text(facts, ...steps)).toBe(
      [
        "(1) Because foo 1.1.0 requires y@^1.0.0 and x@^1.0.0, which requires y@^2.0.0, foo 1.1.0 cannot be used.",
        "    Because the project requires foo@^1.0.0, and foo 1.0.0 requires b@^1.0.0 and a@^1.0.0, which requires b@^2.0.0, the project needs foo 1.1.0.",
        `    And because foo 1.1.0 cannot be used (1), ${CANNOT}`,
      ].join("\n"),
    );
  });

  test("writes one line about 300 versions that fail for one reason", () => {
    const rungs = Array.from({ length: 300 }, (_, i) => fact(`p 1.${i}.0`, `q@^${i + 2}.0.0`));
    const facts = [fact("", "q@^1.0.0"), fact("", "p@^1.0.0"), ...rungs];
    const each = rungs.map((_, i) => step(`p 1.${i}.0`, 0, i + 2));
    const joined = each
      .slice(1)
      .map((_, i) => step(`p 1.0.0 - 1.${i + 1}.0`, String(i === 0 ? 0 : 299 + i), String(i + 1)));
    expect(text(facts, ...each, ...joined, step("", 1, "598"))).toBe(
      `Because the project requires q@^1.0.0 and p@^1.0.0, which requires q@^2.0.0, q@^3.0.0 or 298 more ranges, ${CANNOT}`,
    );
  });

  test("writes one line for a step that two others use", () => {
    const facts = [
      fact("", "base@^1.0.0"),
      fact("base *", "core@^1.0.0"),
      fact("core *", "z@^1.0.0"),
      fact("m *", "z@^2.0.0"),
      fact("n *", "z@^3.0.0"),
      fact("p 1.0.0", "m@^1.0.0"),
      fact("p 1.1.0", "n@^1.0.0"),
      fact("", "p@^1.0.0"),
    ];
    const steps = [
      step("not core 1.0.0", 0, 1),
      step("not z 1.0.0", "0", 2),
      step("m *", "1", 3),
      step("n *", "1", 4),
      step("p 1.0.0", "2", 5),
      step("p 1.1.0", "3", 6),
      step("not p 1.1.0", 7, "4"),
      step("", "6", "5"),
    ];
    expect(text(facts, ...steps)).toBe(
      [
        "(1) Because the project requires base@^1.0.0, which requires core@^1.0.0, which requires z@^1.0.0, the project needs z@^1.0.0.",
        "(2) And because p 1.1.0 requires n@^1.0.0, which requires z@^3.0.0, p 1.1.0 cannot be used.",
        "    Because the project requires p@^1.0.0, p 1.0.0 requires m@^1.0.0, which requires z@^2.0.0, and the project needs z@^1.0.0 (1), the project needs p 1.1.0.",
        `    And because p 1.1.0 cannot be used (2), ${CANNOT}`,
      ].join("\n"),
    );
  });

  test("is printed after the message and before the ways out", () => {
    const proof: Proof = { facts: [fact("", "a@^9.0.0", { missing: { why: "package" } })], steps: [] };
    const wayOut = [{ kind: "spec", package: "a", spec: "^1.0.0", text: "Use a@^1.0.0 in package.json." }] as const;
    expect(
      explain(failure("ENOSOLUTION", "There is no flat answer.", { details: { proof }, wayOut: [...wayOut] })),
    ).toBe(
      `There is no flat answer.

Because the project requires a@^9.0.0, which does not exist, ${CANNOT}

Ways out:
  1. Use a@^1.0.0 in package.json.`,
    );
  });

  test("is cut to its last 40 lines if it is long", () => {
    const chain = Array.from({ length: 300 }, (_, at) => fact(`p${at} *`, `p${at + 1}@^1.0.0`));
    const steps = chain.map((_, at) => step(`not p${at + 1} 1.0.0`, at === 0 ? 0 : String(at - 1), at + 1));
    const proof = {
      facts: [fact("", "p0@1"), ...chain, fact("", "p300@2")],
      steps: [...steps, step("", "299", 301)],
    };
    const lines = explain(failure("ENOSOLUTION", "There is none.", { details: { proof } })).split("\n");
    expect(proofLines(proof).length).toBe(149);
    expect(lines.slice(0, 3)).toEqual(["There is none.", "", "The first 109 lines are left out."]);
    expect(lines.length).toBe(43);
    expect(lines.at(-1)).toBe(
      `And because the project requires p300@2, and every version of p298 requires p299@^1.0.0, which requires p300@^1.0.0, ${CANNOT}`,
    );
  });
});

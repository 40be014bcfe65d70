import { describe, expect, test } from "vitest";
import { failure } from "../../src/errors.ts";
import { explain } from "../../src/explain/explain.ts";
import { proofLines, proofText } from "../../src/explain/proof.ts";
import type { Missing, Proof, ProofFact } from "../../src/flat-api.ts";
import { fact, step } from "./told-proof.ts";

const text = (facts: readonly ProofFact[], ...steps: Proof["steps"]): string => proofText(proofLines({ facts, steps }));

/** Facts that lead to the end by one line, or at least are told in one. */
function line(...facts: readonly ProofFact[]): string {
  const steps = facts.slice(1).map((_, at) => step("x 1.0.0", at === 0 ? 0 : String(at - 1), at + 1));
  return text(facts, ...steps.slice(0, -1), { terms: [], because: steps.at(-1)!.because });
}

const CANNOT = "no choice of versions suits the root project.";

describe("facts", () => {
  const own = fact("", "a@^1.0.0");
  const told = (other: ProofFact): string => {
    const whole = line(own, other);
    expect(whole.startsWith("Because the root project wants a@^1.0.0")).toBe(true);
    expect(whole.endsWith(`, ${CANNOT}`)).toBe(true);
    return whole.slice("Because the root project wants a@^1.0.0".length, whole.lastIndexOf(", no choice"));
  };

  test.each<[string, ProofFact, string]>([
    ["a dependency", fact("a 1.2.0", "b@^2.0.0"), " and a 1.2.0 wants b@^2.0.0"],
    ["any version", fact("a 1.2.0", "b@*"), " and a 1.2.0 wants b"],
    ["a range with blanks", fact("a 1.2.0", "b@1 || 2"), ' and a 1.2.0 wants b@"1 || 2"'],
    ["of several versions", fact("a 1.0.0 - 1.4.0", "b@2"), " and every a@^1.0.0 wants b@2"],
    ["of every version", fact("a *", "b@2"), " and every version of a wants b@2"],
    ["of versions that nobody asked for", fact("c 1.0.0 || >=2.0.0", "b@2"), ", and c 1.0.0 and from 2.0.0 want b@2"],
    ["of versions up to one", fact("c <=1.4.0", "b@2"), " and c up to 1.4.0 want b@2"],
    ["of versions that a range tells", fact("c ^1.0.0 || ^2.0.0", "b@2"), ' and every c@"^1.0.0 || ^2.0.0" wants b@2'],
    ["a peer", fact("a 1.2.0", "b@2", { type: "peer" }), " and a 1.2.0 has the peer b@2"],
    ["peers", fact("c 1.2.0 - 1.3.0", "b@2", { type: "peer" }), " and c 1.2.0 to 1.3.0 have the peer b@2"],
    [
      "an optional peer",
      fact("a 1.2.0", "b@2", { type: "peerOptional", kind: "constraint" }),
      ", and a 1.2.0 has the optional peer b@2 (if b is there, it must fit)",
    ],
    [
      "an optional dependency",
      fact("a 1.2.0", "b@2", { type: "optional", kind: "constraint" }),
      ", and a 1.2.0 has the optional dependency b@2 (if b is there, it must fit)",
    ],
    ["an override", fact("a 1.2.0", "b@2", { rawSpec: "^1.0.0" }), " and a 1.2.0 wants b@2 (overridden from ^1.0.0)"],
    ["a dev dependency", fact("", "b@2", { type: "dev" }), " and b@2 (dev)"],
    ["a workspace", fact("", "w@file:/p/w", { type: "workspace" }), " and has the workspace w"],
    ["an alias", fact("a 1.2.0", "b@npm:c@^2.0.0"), " and a 1.2.0 wants b@npm:c@^2.0.0"],
    ["a scope", fact("a 1.2.0", "@b/c@^2.0.0"), " and a 1.2.0 wants @b/c@^2.0.0"],
  ])("%s", (_, other, expected) => {
    expect(told(other)).toBe(expected);
  });

  test.each<[Missing, string]>([
    [{ why: "package" }, ", and a 1.2.0 wants b@^2.0.0, which does not exist"],
    [{ why: "tag" }, ", and a 1.2.0 wants b@^2.0.0, a tag that b does not have"],
    [{ why: "none" }, ", and a 1.2.0 wants b@^2.0.0, of which there is no version"],
    [
      { why: "none", found: "1.9.0" },
      ", and a 1.2.0 wants b@^2.0.0, of which there is no version (the latest is 1.9.0)",
    ],
    [
      { why: "prerelease", found: "2.0.0-rc" },
      ", and a 1.2.0 wants b@^2.0.0, of which there are only prereleases (2.0.0-rc)",
    ],
    [
      { why: "time", found: "2.0.0" },
      ", and a 1.2.0 wants b@^2.0.0, of which all versions are younger than the date limit (2.0.0)",
    ],
    [{ why: "policy" }, ", and a 1.2.0 wants b@^2.0.0, which the registry withholds"],
    [{ why: "unreadable" }, ", and a 1.2.0 wants b@^2.0.0, which could not be looked up"],
    [
      { why: "unreadable", failure: failure("EUNREACHABLE", "no") },
      ", and a 1.2.0 wants b@^2.0.0, which could not be looked up (EUNREACHABLE)",
    ],
  ])("a dependency that nothing meets: %j", (missing, expected) => {
    expect(told(fact("a 1.2.0", "b@^2.0.0", { missing }))).toBe(expected);
  });

  test("one fact can be reason enough", () => {
    const missing = { why: "none", found: "3.1.0" } as const;
    expect(text([fact("", "a@^9.0.0", { missing })])).toBe(
      `Because the root project wants a@^9.0.0, of which there is no version (the latest is 3.1.0), ${CANNOT}`,
    );
  });

  test("of one package about another are said at once", () => {
    const few = [fact("c 1.0.0", "b@^1.0.0"), fact("c 1.1.0", "b@^2.0.0"), fact("c 1.2.0 - 1.4.0", "b@^1.0.0")];
    expect(line(own, ...few)).toContain("c 1.0.0, 1.1.0 and 1.2.0 to 1.4.0 want b@^1.0.0 or b@^2.0.0,");
    const many = Array.from({ length: 9 }, (_, i) => fact(`c 1.${9 - i}.0`, `b@^${i}.0.0`));
    expect(line(own, ...many)).toContain(
      "c 1.1.0, 1.2.0, 1.3.0, 1.4.0 and 5 more want b@^0.0.0, b@^1.0.0, b@^2.0.0, b@^3.0.0 or 5 more ranges,",
    );
  });

  test("of several kinds of one package about another are told apart", () => {
    const kinds = [fact("c 1.0.0", "b@^1.0.0"), fact("c 2.0.0", "b@^1.0.0", { type: "peer" })];
    expect(line(own, ...kinds)).toContain("c 1.0.0 wants b@^1.0.0 and c 2.0.0 has the peer b@^1.0.0");
  });
});

describe("consequences", () => {
  const [f, g, h, i] = [fact("", "a@1"), fact("a *", "b@1"), fact("b *", "c@1"), fact("c *", "d@1")];
  // The step that is asked about is used twice, so that it has a line of its own.
  const said = (terms: string): string =>
    text([f, g, h, i], step("x 1.0.0", 0, 1), step(terms, "0", 2), step("y 1.0.0", 3, "1"), step("", "2", "1"))
      .split("\n")[0]!
      .replace(/^.*? c@1, /, "");

  test.each([
    ["a 1.0.0", "a 1.0.0 cannot be used."],
    ["root *, a 1.0.0 - 1.4.0", "a 1.0.0 to 1.4.0 cannot be used."],
    ["a *", "no version of a can be used."],
    ["a ^1.0.0", "no a@^1.0.0 can be used."],
    ["root *, not a 1.0.0 - 1.4.0", "the root project needs a 1.0.0 to 1.4.0."],
    ["not a 1.0.0, not b *", "the root project needs a 1.0.0 or b."],
    ["a 1.0.0, not b 1.0.0 || 1.2.0", "a 1.0.0 needs b 1.0.0 or 1.2.0."],
    ["a 1.0.0 || 1.2.0, not b *", "a 1.0.0 and 1.2.0 need b."],
    ["a *, not b 1.0.0, not d >=2.0.0", "every version of a needs b 1.0.0 or d from 2.0.0."],
    ["a 1.0.0, b 1.0.0", "a 1.0.0 cannot go with b 1.0.0."],
    ["a *, b *", "no version of a can go with any version of b."],
    ["a ^1.0.0, b ^1.0.0", "no a@^1.0.0 can go with b@^1.0.0."],
    ["a 1.0.0, b *, e 2.0.0", "a 1.0.0, any version of b and e 2.0.0 cannot go together."],
    ["a 1.0.0, b 2.0.0, not d 3.0.0", "a 1.0.0 and b 2.0.0 together need d 3.0.0."],
  ])("%s", (terms, expected) => {
    expect(said(terms)).toBe(expected);
  });

  test("name the spec that versions stand for, where they come from one", () => {
    const facts = [fact("", "a@^1.0.0"), fact("a 1.0.0", "b@^1.1.0"), fact("b *", "c@1"), fact("b *", "d@1")];
    const steps = [
      step("not b 1.1.0 - 1.9.0", 0, 1),
      step("not c 1.0.0", "0", 2),
      step("not d 1.0.0", "0", 3),
      step("", "1", "2"),
    ] as const;
    expect(text(facts, ...steps).split("\n")[0]).toMatch(/, the root project needs b@\^1\.1\.0\.$/);
    const narrowed = [step("not b 1.1.0 - 1.9.0", 1, 1), step("not b 1.2.0", 1, "0"), ...steps.slice(2)];
    expect(text(facts, ...narrowed.slice(0, 2), step("", "1", "1"))).not.toContain("^1.1.0 or");
  });
});

describe("whole explanations", () => {
  test("a peer that the project itself contradicts", () => {
    const facts = [
      fact("", "airbnb@^19.0.0", { type: "dev" }),
      fact("airbnb 19.0.4", "eslint@^7.32.0 || ^8.2.0", { type: "peer" }),
      fact("", "eslint@^9.0.0", { type: "dev" }),
    ];
    expect(text(facts, step("root *, not eslint 7.32.0 || 8.2.0 - 8.57.1", 0, 1), step("", 2, "0"))).toBe(
      `Because the root project wants airbnb@^19.0.0 (dev) and eslint@^9.0.0 (dev), and airbnb 19.0.4 has the peer eslint@"^7.32.0 || ^8.2.0", ${CANNOT}`,
    );
  });

  test("a chain longer than a sentence", () => {
    const facts = [
      fact("", "a@^1.0.0"),
      fact("a *", "b@^1.0.0"),
      fact("b *", "c@^1.0.0"),
      fact("c 1.0.0 - 1.9.0", "d@^1.0.0", { type: "peer" }),
      fact("", "d@^2.0.0"),
    ];
    const steps = [
      step("root *, c 1.0.0 - 1.9.0", 3, 4),
      step("root *, b *", "0", 2),
      step("root *, a *", "1", 1),
      step("", "2", 0),
    ];
    expect(text(facts, ...steps)).toBe(
      [
        "Because the root project wants d@^2.0.0, every version of b wants c@^1.0.0 and every c@^1.0.0 has the peer d@^1.0.0, no version of b can be used.",
        `And because the root project wants a@^1.0.0 and every version of a wants b@^1.0.0, ${CANNOT}`,
      ].join("\n"),
    );
  });

  test("two arguments: the first one is numbered, and restated where it is needed", () => {
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
        "(1) Because foo 1.0.0 wants a@^1.0.0, every version of a wants b@^2.0.0 and foo 1.0.0 wants b@^1.0.0, foo 1.0.0 cannot be used.",
        "    Because foo 1.1.0 wants x@^1.0.0, every version of x wants y@^2.0.0 and foo 1.1.0 wants y@^1.0.0, foo 1.1.0 cannot be used.",
        `    And because the root project wants foo@^1.0.0 and foo 1.0.0 cannot be used (1), ${CANNOT}`,
      ].join("\n"),
    );
  });

  test("a ladder of versions that fail for one reason is one line", () => {
    const rungs = Array.from({ length: 300 }, (_, i) => fact(`p 1.${i}.0`, `q@^${i + 2}.0.0`));
    const facts = [fact("", "q@^1.0.0"), fact("", "p@^1.0.0"), ...rungs];
    const each = rungs.map((_, i) => step(`p 1.${i}.0`, 0, i + 2));
    const joined = each
      .slice(1)
      .map((_, i) => step(`p 1.0.0 - 1.${i + 1}.0`, String(i === 0 ? 0 : 299 + i), String(i + 1)));
    expect(text(facts, ...each, ...joined, step("", 1, "598"))).toBe(
      `Because the root project wants p@^1.0.0 and q@^1.0.0, and every p@^1.0.0 wants q@^2.0.0, q@^3.0.0, q@^4.0.0, q@^5.0.0 or 296 more ranges, ${CANNOT}`,
    );
  });

  test("one that is needed by two others has one line", () => {
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
        "(1) Because the root project wants base@^1.0.0, every version of base wants core@^1.0.0 and every version of core wants z@^1.0.0, the root project needs z@^1.0.0.",
        "(2) And because p 1.0.0 wants m@^1.0.0 and every version of m wants z@^2.0.0, p 1.0.0 cannot be used.",
        "    Because p 1.1.0 wants n@^1.0.0, every version of n wants z@^3.0.0 and the root project needs z@^1.0.0 (1), p 1.1.0 cannot be used.",
        `    And because the root project wants p@^1.0.0 and p 1.0.0 cannot be used (2), ${CANNOT}`,
      ].join("\n"),
    );
  });

  test("explain tells it after the message and before the ways out", () => {
    const proof: Proof = { facts: [fact("", "a@^9.0.0", { missing: { why: "package" } })], steps: [] };
    const wayOut = [{ kind: "spec", package: "a", spec: "^1.0.0", text: "Ask for a@^1.0.0 in package.json." }] as const;
    expect(
      explain(failure("ENOSOLUTION", "There is no flat answer.", { details: { proof }, wayOut: [...wayOut] })),
    ).toBe(
      `There is no flat answer.

Because the root project wants a@^9.0.0, which does not exist, ${CANNOT}

Ways out:
  1. Ask for a@^1.0.0 in package.json.`,
    );
  });
});

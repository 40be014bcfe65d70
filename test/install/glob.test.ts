import fc from "fast-check";
import { expect, test } from "vitest";
import { globFiles } from "../../src/install/glob-files.ts";
import { GlobSet, glob, isMatch } from "../../src/project/glob.ts";

/** Pieces of a pattern, each with an equivalent regular expression. */
const piece = fc.constantFrom(
  ["a", "a"],
  ["b", "b"],
  [".", "\\."],
  ["*", "[^/]*"],
  ["?", "[^/]"],
  ["[ab]", "[ab]"],
  ["[!a]", "[^a/]"],
  ["{a,b.}", "(?:a|b\\.)"],
);
/** A wildcard at the start of a name does not match a dot. */
const segment = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => ({
  text: pieces.map(([text]) => text).join(""),
  regex: (/^[*?[]/.test(pieces[0]?.[0] ?? "") ? "(?!\\.)" : "") + pieces.map(([, regex]) => regex).join(""),
}));
// `.`, `..` and `**` are not names.
const named = segment.filter(({ text }) => !/^(?:\.\.?|\*\*)$/.test(text));
const anywhere = { text: "**", regex: null };
const pattern = fc.array(fc.oneof(named, fc.constant(anywhere)), { minLength: 1, maxLength: 4 });
const name = fc
  .string({ unit: fc.constantFrom("a", "b", ".", "c"), minLength: 1, maxLength: 4 })
  .filter((text) => !/^(?:\.\.?|\*\*)$/.test(text));
const paths = fc.array(
  fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join("/")),
  { maxLength: 20 },
);

function reference(segments: readonly { regex: string | null }[]): RegExp {
  const parts = segments.map(({ regex }) => (regex === null ? "(?:(?!\\.)[^/]+/)*" : `${regex}/`));
  return new RegExp(`^${parts.join("")}$`);
}

test("law: a glob matches the same paths as the regular expression, in any order of paths", () => {
  fc.assert(
    fc.property(pattern, paths, (segments, all) => {
      const text = segments.map(({ text }) => text).join("/");
      const expected = all.filter((path) => reference(segments).test(`${path}/`));
      const { matches } = glob(text);
      expect(all.filter((path) => matches(path))).toEqual(expected);
      expect(globFiles(text, all)).toEqual(expected);
    }),
    { numRuns: 2000 },
  );
});

test("law: every folder above a match may contain a match", () => {
  fc.assert(
    fc.property(pattern, paths, (segments, all) => {
      const set = new GlobSet([segments.map(({ text }) => text).join("/")]);
      for (const path of all.filter((one) => isMatch(set.at(one)))) {
        const names = path.split("/");
        for (let i = 1; i < names.length; i++) expect(set.at(names.slice(0, i).join("/"))).not.toEqual([]);
      }
    }),
  );
});

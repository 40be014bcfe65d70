import fc from "fast-check";
import { expect, test } from "vitest";
import { withoutSecrets } from "../../src/errors/without-secrets.ts";

test.each([
  ["http://user:PASSW@h.test/x.tgz?SIGN=1", "http://h.test/x.tgz"],
  ["https://TOKEN@h.test/x.tgz", "https://h.test/x.tgz"],
  ["https://user:p@ss:w@h.test", "https://h.test"],
  ["HTTPS://user:PASSW@h.test/a@b/c", "HTTPS://h.test/a@b/c"],
  ["https:user:PASSW@h.test/x", "https:h.test/x"],
  ["https:\\\\user:PASSW@h.test\\x?SIGN", "https:\\\\h.test\\x"],
  ["git+https://user:TOKEN@h.test/x.git#semver:^1", "git+https://h.test/x.git#semver:^1"],
  ["git+ssh://git@h.test/x.git", "git+ssh://git@h.test/x.git"],
  ["git+ssh://git:PASSW@h.test/x.git", "git+ssh://h.test/x.git"],
  ["github:user:TOKEN@owner/repo#v1", "github:owner/repo#v1"],
  ["a requires x@http://u:p@h.test/x.tgz?SIGN=1.", "a requires x@http://h.test/x.tgz."],
  ["x: not found (GET http://h.test/x?SIGN=a)b)", "x: not found (GET http://h.test/x)"],
  ["http://h.test/?SIGN http://i.test/?SIGN#x", "http://h.test/ http://i.test/#x"],
  ["//user:PASSW@h.test/x?SIGN=1", "//h.test/x"],
  ["git+ssh://git@x:PASSW@h.test/x.git", "git+ssh://h.test/x.git"],
  ['{"a":"https://h.test/a","b":"https://user:PASSW@h.test/b"}', '{"a":"https://h.test/a","b":"https://h.test/b"}'],
  ["https:a,https://user:PASSW@h.test/", "https:a,https://h.test/"],
  ["https://h.test/?SIGN=1&next=https://u:PASSW@i.test/?SIGN", "https://h.test/"],
  ["a?b https://h.test/c", "a?b https://h.test/c"],
  ["x@1||2, a//b", "x@1||2, a//b"],
  ["npm:@scope/x@^1", "npm:@scope/x@^1"],
  ["https://h.test/@scope/x/-/x-1.0.0.tgz", "https://h.test/@scope/x/-/x-1.0.0.tgz"],
  ["Is it? An https: URL @ home", "Is it? An https: URL @ home"],
])("%s is shown as %s", (text, shown) => {
  expect(withoutSecrets(text)).toBe(shown);
  expect(withoutSecrets(shown)).toBe(shown);
});

test("members, keys and items are read at any depth; other values stay", () => {
  const url = "http://u:PASSW@h.test/?SIGN";
  const clean = { list: [1, "a", null], bytes: new Uint8Array(3) };
  const shared = { url };
  const found = withoutSecrets({ clean, deep: [{ [url]: shared }], shared });
  expect(found).toEqual({
    clean,
    deep: [{ "http://h.test/": { url: "http://h.test/" } }],
    shared: { url: "http://h.test/" },
  });
});

test("law: no secret survives in any URL, and a long text takes no long time", () => {
  const secret = fc.constantFrom("SECRET", "a:SECRET", "SECRET:b", "SECRET@c", "%41SECRET", "'SECRET", "SECRET)");
  const query = fc.constantFrom("", "?SECRET", "?a=SECRET&b=1", "?a?SECRET", "?;SECRET.", '?"SECRET"', "?a/SECRET@b");
  const around = fc.constantFrom("", " ", "(", '"', "x@", "see ", "file:../a ");
  fc.assert(
    fc.property(fc.array(fc.tuple(around, fc.option(secret), query), { minLength: 1, maxLength: 4 }), (urls) => {
      const text = urls
        .map(([before, who, query]) => `${before}https://${who ? `${who}@` : ""}h.test/p${query} `)
        .join("");
      const shown = withoutSecrets(text);
      expect(shown).not.toContain("SECRET");
      expect(shown.split("h.test/p")).toHaveLength(urls.length + 1);
    }),
    { numRuns: 2000 },
  );
  for (const part of ["http", "https:", "://", "//", "?", "@", ")", "http://?)", "a:", "https:?", "//@", "github:"])
    withoutSecrets(part.repeat(1 << 18));
});

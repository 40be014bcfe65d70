import { expect, test } from "vitest";
import { condense } from "../../src/registry/condense.ts";
import { hasUrlSecrets } from "../../src/registry/record-secrets.ts";

const TARBALL = "http://registry.local/a/-/a-1.0.0.tgz";

/** Checks the record of a package with one version that has these fields. */
function isSecret({ tarball = TARBALL, ...fields }: Record<string, unknown>): boolean {
  const dist = { tarball, integrity: `sha512-${"A".repeat(86)}==` };
  const document = { name: "a", versions: { "1.0.0": { name: "a", version: "1.0.0", dist, ...fields } } };
  return hasUrlSecrets(condense("a", new TextEncoder().encode(JSON.stringify(document))));
}

test.each([
  { tarball: `${TARBALL}?sign=1` },
  { tarball: "http://user:word@registry.local/a.tgz" },
  { dependencies: { b: "http://user:word@h.test/b.tgz", "@c/d": "1" } },
  { deprecated: "See http://h.test/?token=1 for more." },
  { funding: { url: "http://user:word@h.test" } },
])("a URL with a secret is found: %j", (fields) => {
  expect(isSecret(fields)).toBe(true);
});

test.each([
  {},
  { deprecated: "Why? See http://h.test", peerDependencies: { "@c/d": "1" } },
  { dependencies: { b: "http://h.test", "@c/d": "npm:c@1" } },
  { dependencies: { b: "git+ssh://git@h.test/b.git" } },
  { funding: { url: "http://h.test/?id=1" } },
  { funding: [{ url: "http://h.test" }, "someone@h.test"] },
])("a URL beside an @ or a question mark is no secret: %j", (fields) => {
  expect(isSecret(fields)).toBe(false);
});

import { expect, test } from "vitest";
import { failure } from "../../src/errors/failure.ts";
import { shown } from "../../src/errors/shown.ts";

const long = (length: number): string => "x".repeat(length);

function nested(levels: number): unknown {
  let value: unknown = "end";
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}

function depthOf(value: unknown): number {
  let depth = 0;
  for (let at = value; Array.isArray(at); at = at[0]) depth++;
  return depth;
}

test("a failure within the limits does not change", () => {
  const within = failure("ENOENT", "a is missing.", {
    package: long(4096),
    requiredBy: Array.from({ length: 10_000 }, (_, at) => `node_modules/a${at}`),
    wayOut: [{ kind: "spec", package: "a", spec: "1", text: "Use 1." }],
    details: { deep: nested(498), bytes: new Uint8Array(2), none: null, count: 1 },
  });
  expect(shown(within)).toEqual(within);
});

test("texts, lists and depth are cut one past their limits", () => {
  const cut = shown(
    failure("ENOENT", `${long(203)} is missing.`, {
      package: long(4097),
      requiredBy: Array.from({ length: 10_001 }, () => "a"),
      wayOut: [{ kind: "spec", package: "a", spec: long(5000), text: `Use ${long(5000)}.` }],
      details: { [long(4097)]: nested(20_000) },
    }),
  );
  const word = `${long(100)}…${long(20)}`;
  expect(cut.message).toBe(`${word} is missing.`);
  expect(cut.package).toBe(`${long(4096)}…`);
  expect(cut.requiredBy).toHaveLength(10_000);
  expect(cut.wayOut).toEqual([
    { kind: "spec", package: "a", spec: `${long(4096)}…`, text: `Use ${long(100)}…${long(19)}.` },
  ]);
  const [[key, value] = []] = Object.entries(cut.details ?? {});
  expect(key).toBe(`${long(4096)}…`);
  expect(depthOf(value)).toBeLessThanOrEqual(500);
});

test("a secret is removed before its text is cut", () => {
  const url = `https://user:${"S".repeat(9000)}@h.test/x`;
  expect(JSON.stringify(shown(failure("ENOENT", url, { spec: url, details: { [url]: [url] } })))).not.toContain("S");
});

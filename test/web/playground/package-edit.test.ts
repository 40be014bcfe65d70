import { expect, test } from "vitest";
import { withOverrides, withSpec } from "../../../web/playground/project/package-edit.ts";

test("a spec is set where the package is, and the text keeps its shape", () => {
  const text = '{\r\n\t"devDependencies": {\r\n\t\t"a": "1",\r\n\t\t"b": "2"\r\n\t}\r\n}\r\n';
  expect(withSpec(text, "a", "^3.0.0")).toBe(text.replace('"1"', '"^3.0.0"'));
});

test("a package that the project does not have becomes a dependency", () => {
  expect(JSON.parse(withSpec('{"name":"x"}', "a", "1"))).toEqual({ name: "x", dependencies: { a: "1" } });
});

test("overrides go into those that are there", () => {
  const text = JSON.stringify({ overrides: { a: { b: "1" }, c: "2" } });
  const edited = JSON.parse(withOverrides(text, { a: { d: "3" }, c: { e: "4" } })) as unknown;
  expect(edited).toEqual({ overrides: { a: { b: "1", d: "3" }, c: { e: "4" } } });
});

test("a package called __proto__ is a key like any other", () => {
  const edited = withSpec('{"dependencies": {"__proto__": "1"}}', "__proto__", "2");
  expect(edited).toContain('"__proto__": "2"');
  expect(Object.hasOwn(Object.prototype, "2")).toBe(false);
});

import { expect, test } from "vitest";
import { withOverrides, withSpec } from "../../../web/playground/project/package-edit.ts";

test("sets a spec in the group that lists the package, and keeps the format of the text", () => {
  const text = '{\r\n\t"devDependencies": {\r\n\t\t"a": "1",\r\n\t\t"b": "2"\r\n\t}\r\n}\r\n';
  expect(withSpec(text, "a", "^3.0.0")).toBe(text.replace('"1"', '"^3.0.0"'));
});

test("adds a package that the project does not list to dependencies", () => {
  expect(JSON.parse(withSpec('{"name":"x"}', "a", "1"))).toEqual({ name: "x", dependencies: { a: "1" } });
});

test("merges new overrides into existing ones", () => {
  const text = JSON.stringify({ overrides: { a: { b: "1" }, c: "2" } });
  const edited = JSON.parse(withOverrides(text, { a: { d: "3" }, c: { e: "4" } })) as unknown;
  expect(edited).toEqual({ overrides: { a: { b: "1", d: "3" }, c: { e: "4" } } });
});

test("a package called __proto__ is a key like any other", () => {
  const edited = withSpec('{"dependencies": {"__proto__": "1"}}', "__proto__", "2");
  expect(edited).toContain('"__proto__": "2"');
  expect(Object.hasOwn(Object.prototype, "2")).toBe(false);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { runToEnd } from "../../src/base/run-to-end.ts";
import { EVERYWHERE, Mappings } from "../../src/import-map/mappings.ts";
import { byMap } from "./by-map.ts";

const PAGE = "http://page.local/";

function mapped(wanted: readonly (readonly [scope: string, key: string, address: string])[]): Mappings {
  const mappings = new Mappings();
  for (const [scope, key, address] of wanted) mappings.add(scope, key, address);
  return mappings;
}

test("a scope has only the mappings that differ from its enclosing scopes", () => {
  const wanted = [
    [EVERYWHERE, "b", "/b2.js"],
    ["/a/", "b", "/b1.js"],
    ["/a/c/", "b", "/b2.js"],
    ["/a/d/", "b", "/b1.js"],
    ["/e/", "b", "/b2.js"],
  ] as const;
  expect(runToEnd(mapped(wanted).map())).toEqual({
    imports: { b: "/b2.js" },
    scopes: { "/a/": { b: "/b1.js" }, "/a/c/": { b: "/b2.js" } },
  });
});

test("a mapping that a folder key gives already is left out", () => {
  const wanted = [
    [EVERYWHERE, "b/", "/b/"],
    ["/a/", "b/c.js", "/b/c.js"],
    ["/a/", "b/d", "/b/d.js"],
  ] as const;
  expect(runToEnd(mapped(wanted).map())).toEqual({ imports: { "b/": "/b/" }, scopes: { "/a/": { "b/d": "/b/d.js" } } });
});

test("the first mapping of a key stays, and another one is rejected", () => {
  const mappings = mapped([["/a/", "b", "/b.js"]]);
  expect(mappings.add("/a/", "b", "/c.js")).toBe(false);
  expect(mappings.add("/a/", "b", "/b.js")).toBe(true);
  expect(runToEnd(mappings.map()).scopes).toEqual({ "/a/": { b: "/b.js" } });
});

test("law: a page resolves every mapping as it was added", () => {
  const scope = fc.constantFrom(EVERYWHERE, "/a/", "/a/b/", "/a/b/c/", "/a/b/c/m.js", "/a/m.js", "/a/bc/", "/d/");
  const entry = fc.oneof(
    fc.tuple(
      fc.constantFrom("x", "x/y", "x/y/z", "xy", "#x", "/a/m"),
      fc.constantFrom("/x1.js", "/x2.js", "/x1/y", "/x1/y/z"),
    ),
    fc.tuple(fc.constantFrom("x/", "x/y/"), fc.constantFrom("/x1/", "/x2/", "/x1/y/")),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(scope, entry), { maxLength: 20 }), (all) => {
      const mappings = new Mappings();
      const taken = all.filter(([scope, [key, address]]) => mappings.add(scope, key, address));
      const meaning = byMap(runToEnd(mappings.map()), PAGE);
      for (const [scope, [key, address]] of taken) {
        const module = new URL(scope.endsWith(".js") ? scope : `${scope}module`, PAGE).href;
        const file = key.endsWith("/") ? "other.js" : "";
        expect(meaning(key + file, module)).toBe(new URL(address + file, PAGE).href);
      }
    }),
    { numRuns: 1000 },
  );
});

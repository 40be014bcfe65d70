import fc from "fast-check";
import { type Files, pack, type TestTree } from "./trees.ts";

const names = ["a", "b", "@s/c", "d.e"];
const places = [
  ...names.map((name) => `node_modules/${name}`),
  ...names.flatMap((name) => names.map((inner) => `node_modules/${name}/node_modules/${inner}`)),
  "packages/w/node_modules/a",
  "packages/w/node_modules/a/node_modules/b",
];

const texts = fc.constantFrom("", "x", "#!/bin/sh", "é\n");
const paths = fc.constantFrom("lib/a.js", "lib/b/c.js", "README", "node_modules.txt", "a b.js", "__proto__");
const filesArbitrary: fc.Arbitrary<Files> = fc
  .record({
    version: fc.constantFrom("1.0.0", "2.0.0"),
    more: fc.dictionary(paths, texts, { maxKeys: 3, noNullPrototype: true }),
    brings: fc.boolean(),
  })
  .map(({ version, more, brings }) =>
    pack(version, {
      ...more,
      ...(brings && { "node_modules/own/package.json": '{"version":"1.0.0"}', "node_modules/own/x/y.js": "own" }),
    }),
  );

/** Random trees: a few packages, each inside an existing one, links to some of them, and a link to a workspace. */
export const treesArbitrary: fc.Arbitrary<TestTree> = fc
  .record({
    filled: fc.array(fc.option(filesArbitrary), { minLength: places.length, maxLength: places.length }),
    linked: fc.subarray(["a", "b"]),
    workspace: fc.boolean(),
  })
  .map(({ filled, linked, workspace }) => {
    const packages: Record<string, Files> = {};
    for (const [index, place] of places.entries()) {
      const around = place.slice(0, Math.max(0, place.lastIndexOf("/node_modules/")));
      const files = filled[index];
      if (files && (!around.includes("node_modules") || packages[around])) packages[place] = files;
    }
    const links: Record<string, string> = {};
    for (const name of linked)
      if (packages[`node_modules/${name}`]) links[`node_modules/.bin/${name}`] = `node_modules/${name}/index.js`;
    if (workspace) links["node_modules/w"] = "packages/w";
    return { packages, links };
  });

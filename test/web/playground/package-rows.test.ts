import { expect, test } from "vitest";
import { PackageRows } from "../../../web/playground/tree/package-rows.ts";
import { resolutionOf } from "./lock-resolution.ts";

const LOCK = JSON.stringify({
  packages: {
    "": { name: "p", version: "1.0.0", dependencies: { a: "^1.0.0", b: "^2.0.0" }, devDependencies: { d: "*" } },
    "node_modules/a": { version: "1.0.0", dependencies: { b: "^1.0.0", c: "*" } },
    "node_modules/a/node_modules/b": { version: "1.4.0", deprecated: "old" },
    "node_modules/b": { version: "2.0.0" },
    "node_modules/c": { version: "1.0.0", dependencies: { a: "*" } },
    "node_modules/d": { version: "1.0.0", dev: true },
  },
});

function draw(model: PackageRows): string[] {
  return model.rows.map(({ node, level, expandable, expanded, match }) => {
    const twisty = expandable ? (expanded ? "-" : "+") : " ";
    return `${"  ".repeat(level - 1)}${twisty}${node.name}@${node.version}${match ? "" : " (above)"}`;
  });
}

test("folders open one by one or all at once", () => {
  const model = new PackageRows(resolutionOf(LOCK).tree);
  expect(draw(model)).toEqual(["-p@1.0.0", "  +a@1.0.0", "   b@2.0.0", "   c@1.0.0", "   d@1.0.0"]);
  model.toggle("node_modules/a");
  expect(draw(model)).toEqual(["-p@1.0.0", "  -a@1.0.0", "     b@1.4.0", "   b@2.0.0", "   c@1.0.0", "   d@1.0.0"]);
  model.collapseAll();
  expect(model.rows).toHaveLength(5);
  model.expandAll();
  expect(model.rows).toHaveLength(6);
});

test("a search keeps the rows above a match", () => {
  const model = new PackageRows(resolutionOf(LOCK).tree);
  model.filter("B@1", new Set());
  expect(draw(model)).toEqual(["-p@1.0.0 (above)", "  -a@1.0.0 (above)", "     b@1.4.0"]);
  expect(model.matches).toBe(1);
});

test("flags are counted and can be searched for", () => {
  const model = new PackageRows(resolutionOf(LOCK).tree);
  expect(Object.fromEntries(model.tally())).toEqual({ dev: 1, deprecated: 1, duplicate: 2 });
  model.filter("", new Set(["dev", "deprecated"]));
  expect(model.rows.filter((row) => row.match).map((row) => row.node.location)).toEqual([
    "node_modules/a/node_modules/b",
    "node_modules/d",
  ]);
});

test("in the order by dependency, a cycle ends where it closes", () => {
  const model = new PackageRows(resolutionOf(LOCK).tree);
  model.show("dependencies");
  model.toggle(">a");
  model.toggle(">a>c");
  expect(draw(model)).toEqual([
    "-p@1.0.0",
    "  -a@1.0.0",
    "     b@1.4.0",
    "    -c@1.0.0",
    "       a@1.0.0",
    "   b@2.0.0",
    "   d@1.0.0",
  ]);
});

test("revealing a package opens the folders above it and ends a search that hides it", () => {
  const model = new PackageRows(resolutionOf(LOCK).tree);
  model.filter("d", new Set());
  const node = resolutionOf(LOCK).tree.get("node_modules/a/node_modules/b");
  expect(node).toBeDefined();
  const index = model.reveal(model.tree.get("node_modules/a/node_modules/b")!);
  expect(model.filtered).toBe(false);
  expect(model.rows[index]?.node.version).toBe("1.4.0");
});

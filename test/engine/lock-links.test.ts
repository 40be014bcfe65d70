import { expect, test } from "vitest";
import { drawTree } from "../support/draw-tree.ts";
import { fakeRegistry } from "../support/fake-registry.ts";
import { resolveIn } from "../support/tree.ts";

const registry = fakeRegistry({
  "a@1.0.0": { b: "^1.1.0" },
  "b@1.0.0": { c: "1" },
  "b@1.1.0": { c: "1" },
  "b@2.0.0": {},
  "c@1.0.0": {},
});

/** b@1.0.0 satisfies a only because of the override. The project and the workspace require different versions of b. */
const files = {
  "package.json": JSON.stringify({
    workspaces: ["w"],
    dependencies: { b: "2" },
    overrides: { "b@1": "1.0.0" },
  }),
  "w/package.json": JSON.stringify({ name: "w", version: "1.0.0", dependencies: { a: "1" } }),
};

test("an override applies below a workspace, with and without a lock", async () => {
  const first = await resolveIn(registry, files);
  expect(drawTree(first.tree)).toBe("a@1.0.0\n  b@1.0.0\nb@2.0.0\nc@1.0.0\nw -> w\nw@1.0.0");
  const asked = registry.log.length;
  const again = await resolveIn(registry, { ...files, ...first.files });
  expect(again.files).toEqual(first.files);
  expect(registry.log.length).toBe(asked);
});

test("a link in a lock has the manifest of its folder's present package.json", async () => {
  const { files: old } = await resolveIn(registry, files);
  const changed = {
    ...files,
    "w/package.json": JSON.stringify({ name: "w", version: "2.0.0", dependencies: { c: "1" } }),
  };
  const { tree } = await resolveIn(registry, { ...changed, ...old });
  expect(drawTree(tree)).toBe("b@2.0.0\nc@1.0.0\nw -> w\nw@2.0.0");
  expect(tree.get("node_modules/w")?.version).toBe("2.0.0");
});

test("as in npm, an invalid edge deep below a workspace stays, and one of the workspace itself is corrected", async () => {
  const plain = { ...files, "package.json": JSON.stringify({ workspaces: ["w"] }) };
  const { files: made } = await resolveIn(registry, plain);
  const lock = made["package-lock.json"] as string;
  const older = { "package-lock.json": lock.replace("b-1.1.0", "b-1.0.0").replace('"1.1.0"', '"1.0.0"') };
  expect((await resolveIn(registry, { ...plain, ...older })).files).toEqual(older);
  const direct = JSON.stringify({ name: "w", version: "1.0.0", dependencies: { a: "1", b: "^1.1.0" } });
  const { tree } = await resolveIn(registry, { ...plain, ...older, "w/package.json": direct });
  expect(drawTree(tree)).toBe("a@1.0.0\nb@1.1.0\nc@1.0.0\nw -> w\nw@1.0.0");
});

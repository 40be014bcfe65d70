import { expect, test } from "vitest";
import type { Operations } from "../../src/install/operations.ts";
import { writeTree } from "../../src/install/write-tree.ts";

/** Writes packages whose packs arrive in the opposite order of their locations. Returns the order of the writes. */
async function writes(locations: readonly string[]): Promise<string[]> {
  const written: string[] = [];
  const record = { start() {}, end() {} };
  const operations = { add: () => record } as unknown as Operations;
  const arrivals = locations.map(
    (_, at) => new Promise<true>((resolve) => setTimeout(resolve, locations.length - at, true)),
  );
  const packages = locations.map((location, at) => ({
    location,
    label: location,
    ready: () => arrivals[at] as Promise<true>,
    open: async () => ({ files: [], bytes: 0 }),
  }));
  const session = { write: async (location: string) => void written.push(location) };
  await writeTree(packages, { session, operations, limit: 8, signal: new AbortController().signal });
  return written;
}

test.each([
  ["below another package", ["node_modules/a", "node_modules/a/node_modules/b"]],
  ["below a bundled package", ["node_modules/a", "node_modules/a/node_modules/x/node_modules/b"]],
  ["below a folder inside a package", ["node_modules/a", "node_modules/a/vendored/node_modules/b"]],
  ["below a workspace's package", ["packages/w/node_modules/a", "packages/w/node_modules/a/node_modules/@s/b"]],
])("a package %s is written after the package around it", async (_, locations) => {
  expect(await writes(locations)).toEqual(locations);
});

test("a package beside another does not wait for it", async () => {
  const locations = ["node_modules/a", "node_modules/ab/node_modules/c", "node_modules/b"];
  expect(await writes(locations)).toEqual([...locations].reverse());
});

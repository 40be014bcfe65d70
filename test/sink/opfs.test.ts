import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createOpfsSink } from "../../web/sinks/opfs-sink.ts";
import { describeSink } from "./behaviour.ts";
import { fakeFolder, type Store, showStore } from "./fake-opfs.ts";
import { EVERY_STEP, errorOf, FAULTS, type Fault, Faults, type Steps } from "./faults.ts";
import type { Place } from "./places.ts";
import { treesArbitrary } from "./random-trees.ts";
import { install, listingOf, pack, type TestTree } from "./trees.ts";

// opfs.browser.ts runs the same tests in a real browser. Here every call can be made to fail.

const encoder = new TextEncoder();

function place(moves: boolean): Place {
  const store: Store = new Map();
  const walk = (path: string): [Store, string] => {
    const parts = path.split("/");
    let folder = store;
    for (const part of parts.slice(0, -1)) {
      if (!folder.has(part)) folder.set(part, new Map());
      folder = folder.get(part) as Store;
    }
    return [folder, parts.at(-1)!];
  };
  return {
    sink: createOpfsSink(fakeFolder(store, { moves })),
    modes: false,
    links: false,
    show: async () => showStore(store),
    async put(path, text) {
      const [folder, name] = walk(path);
      folder.set(name, encoder.encode(text));
    },
    async remove(path) {
      const [folder, name] = walk(path);
      folder.delete(name);
    },
    async dispose() {},
  };
}

describeSink("folders whose files can be moved", () => place(true));
describeSink("folders whose files are copied", () => place(false));

const knows = { modes: false, links: false };

/** Makes the change from one tree to another fail at every call in turn, or at every few. Returns the number of calls. */
async function breakEverywhere(
  [from, to]: readonly [TestTree, TestTree],
  fault: Fault,
  { first, step }: Steps = EVERY_STEP,
): Promise<number> {
  const before = listingOf(from, knows);
  const after = listingOf(to, knows);
  for (let at = first; ; at += step) {
    const moves = at % 2 === 0;
    const store: Store = new Map();
    await install(createOpfsSink(fakeFolder(store, { moves })), from);
    const faults = new Faults(at, fault);
    const failed = await errorOf(install(createOpfsSink(fakeFolder(store, { moves, faults })), to));
    if (failed) expect(failed).toMatchObject({ code: "ESINK" });
    else expect(showStore(store)).toEqual(after);
    if (!faults.happened) return faults.count;
    const session = await createOpfsSink(fakeFolder(store, { moves })).open();
    await session.abort();
    const now = showStore(store);
    expect([before, after], `${at}`).toContainEqual(now);
    if (!failed) expect(now).toEqual(after);
    await install(createOpfsSink(fakeFolder(store, { moves })), to);
    expect(showStore(store), `${at}`).toEqual(after);
  }
}

const from: TestTree = {
  packages: {
    "node_modules/a": pack("1.0.0", { "lib/a.js": "a" }),
    "node_modules/a/node_modules/c": pack("1.0.0"),
    "node_modules/b": pack("1.0.0"),
    "packages/w/node_modules/a": pack("2.0.0"),
  },
};
const to: TestTree = {
  packages: {
    "node_modules/a": pack("1.0.0", { "lib/a.js": "a" }),
    "node_modules/b": pack("2.0.0"),
    "node_modules/c": pack("1.0.0", { "node_modules/d/package.json": '{"version":"1.0.0"}' }),
    "packages/v/node_modules/a": pack("2.0.0"),
  },
};

describe("storage that fails at the n-th call, for every n", () => {
  test.each(FAULTS)("storage that %s: the next open finds the old tree or the new one", async (fault) => {
    expect(await breakEverywhere([from, to], fault)).toBeGreaterThan(80);
    await breakEverywhere([to, { packages: {} }], fault);
  });

  test("between any two random trees", async () => {
    const pair = fc.tuple(treesArbitrary, treesArbitrary);
    const property = fc.asyncProperty(pair, fc.nat(60), fc.constantFrom(...FAULTS), async (trees, first, fault) => {
      await breakEverywhere(trees, fault, { first, step: 61 });
    });
    await fc.assert(property, { numRuns: 10 });
  });
});

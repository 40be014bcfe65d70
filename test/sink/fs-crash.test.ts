// Full tier: cuts a disk off at every step.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createFsSink } from "../../src/sink/fs-sink.ts";
import type { SinkFs } from "../../src/sink/sink-fs.ts";
import { EVERY_STEP, errorOf, FAULTS, type Fault, Faults, type Steps } from "./faults.ts";
import { memPromises, showFolder } from "./places.ts";
import { treesArbitrary } from "./random-trees.ts";
import { install, type Listing, listingOf, pack, type TestTree } from "./trees.ts";

function faulty(fs: SinkFs, faults: Faults): SinkFs {
  return new Proxy(fs, {
    get(target, name: keyof SinkFs) {
      return async (...args: unknown[]) => {
        const torn = async (): Promise<void> => {
          const [path, data] = args as [string, Uint8Array | string];
          if (name === "writeFile") await target.writeFile(path, data.slice(0, data.length >> 1));
        };
        await faults.step(torn);
        return (target[name] as (...all: unknown[]) => Promise<unknown>)(...args);
      };
    },
  });
}

const knows = { modes: true, links: true };

/** Lists everything in the project, except empty folders of workspaces. */
async function show(fs: ReturnType<typeof memPromises>): Promise<Listing> {
  const all = await showFolder(fs, "/project");
  return Object.fromEntries(Object.entries(all).filter(([path]) => !/^(?:packages\/.*|node_modules)\/$/.test(path)));
}

/** Makes the change from one tree to another fail at every operation in turn, or at every few. Returns the number of operations. */
async function breakEverywhere(
  [from, to]: readonly [TestTree, TestTree],
  fault: Fault,
  { first, step }: Steps = EVERY_STEP,
): Promise<number> {
  const own = { "package.json": "{}" };
  const before = { ...listingOf(from, knows), ...own };
  const after = { ...listingOf(to, knows), ...own };
  const seen = { before: 0, after: 0 };
  for (let at = first; ; at += step) {
    const fs = memPromises();
    await install(createFsSink(fs, "/project"), from);
    const faults = new Faults(at, fault);
    const sink = createFsSink(faulty(fs, faults), "/project");
    const failed = await errorOf(install(sink, to));
    if (!faults.happened) {
      expect(failed).toBe(null);
      // Both may happen: an early failure is undone, a late one is finished.
      if (step === 1 && fault === "stops" && JSON.stringify(before) !== JSON.stringify(after))
        expect(seen.before * seen.after).not.toBe(0);
      return faults.count;
    }
    if (failed) expect(failed).toMatchObject({ code: "ESINK" });
    // A change that failed without a crash needs no further `open`.
    const now = fault === "fails" ? await show(fs) : null;
    if (now) expect(withoutWork(now), `${at}`).toEqual(failed ? before : after);
    const session = await createFsSink(fs, "/project").open();
    await session.abort();
    const reopened = await show(fs);
    if (JSON.stringify(sorted(reopened)) === JSON.stringify(sorted(after))) seen.after++;
    else {
      seen.before++;
      expect(reopened, `${at}`).toEqual(before);
    }
    if (!failed) expect(reopened).toEqual(after);
    await install(createFsSink(fs, "/project"), to);
    expect(await show(fs), `${at}`).toEqual(after);
  }
}

const sorted = (listing: Listing): [string, string][] => Object.entries(listing).sort(([a], [b]) => (a < b ? -1 : 1));

/** Checks that the next change removes the leftovers of the last one. */
function withoutWork(listing: Listing): Listing {
  return Object.fromEntries(Object.entries(listing).filter(([path]) => !path.startsWith(".webhoist-install/")));
}

const from: TestTree = {
  packages: {
    "node_modules/a": pack("1.0.0", { "lib/a.js": "a", "bin.js": "#!a" }),
    "node_modules/a/node_modules/c": pack("1.0.0"),
    "node_modules/b": pack("1.0.0"),
    "packages/w/node_modules/a": pack("2.0.0"),
  },
  links: { "node_modules/.bin/a": "node_modules/a/bin.js", "node_modules/w": "packages/w" },
};
const to: TestTree = {
  packages: {
    "node_modules/a": pack("1.0.0", { "lib/a.js": "a", "bin.js": "#!a" }),
    "node_modules/b": pack("2.0.0"),
    "node_modules/c": pack("1.0.0"),
    "packages/v/node_modules/a": pack("2.0.0"),
  },
  links: { "node_modules/.bin/a": "node_modules/a/bin.js", "node_modules/v": "packages/v" },
};

describe("a disk that fails at the n-th operation, for every n", () => {
  test.each(FAULTS)("a disk that %s keeps the old tree or gets the new one", async (fault) => {
    expect(await breakEverywhere([from, to], fault)).toBeGreaterThan(80);
    await breakEverywhere([{ packages: {} }, to], fault);
    await breakEverywhere([to, { packages: {} }], fault);
  });

  test("between any two random trees", async () => {
    const pair = fc.tuple(treesArbitrary, treesArbitrary);
    const property = fc.asyncProperty(pair, fc.nat(36), fc.constantFrom(...FAULTS), async (trees, first, fault) => {
      await breakEverywhere(trees, fault, { first, step: 37 });
    });
    await fc.assert(property, { numRuns: 10 });
  });
});

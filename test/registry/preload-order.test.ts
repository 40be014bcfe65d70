import { expect, test, vi } from "vitest";
import type { Manifest } from "../../src/api/manifest.ts";
import { LocalScheduler } from "../../src/base/spawn-local.ts";
import { ok } from "../../src/errors/failure.ts";
import { indexPackument } from "../../src/registry/condense.ts";
import { Preload } from "../../src/registry/preload.ts";
import { RangeTable } from "../../src/spec/version-range.ts";
import { localClock } from "../../workers/host/yield.ts";
import { LatePreload } from "../../workers/run/late-preload.ts";
import { RankedWork } from "../../workers/run/ranked-work.ts";

function packument(name: string, manifest: Manifest) {
  const dist = { tarball: `http://registry.local/${name}/-/${name}-1.0.0.tgz` };
  const versions = { "1.0.0": { name, version: "1.0.0", dist, ...manifest } };
  return indexPackument(
    name,
    new TextEncoder().encode(JSON.stringify({ name, "dist-tags": { latest: "1.0.0" }, versions })),
  );
}

const ranges = new RangeTable();

test("requests packages with the depth at which the engine needs them: peers at the same depth, dependencies one lower", async () => {
  const packages: Record<string, Manifest> = {
    a: { dependencies: { b: "1" }, peerDependencies: { p: "1" } },
    b: { dependencies: { c: "1" }, peerDependencies: { o: "1" }, peerDependenciesMeta: { o: { optional: true } } },
    p: { dependencies: { q: "1" } },
    o: { dependencies: { never: "1" } },
  };
  const ranks = new Map<string, number[]>();
  const source = {
    packument: async (name: string, rank: number) => {
      ranks.set(name, [...(ranks.get(name) ?? []), rank]);
      return ok(packument(name, packages[name] ?? {}));
    },
  };
  const policy = () => ({ ranges });
  const preload = new Preload(source, {
    policy,
    overrides: new Map(),
    peers: true,
    optionalPeers: true,
    known: new Set(),
  });
  preload.start({ dependencies: { a: "1" }, devDependencies: { d: "1" } });
  await preload.quiet();
  expect(Object.fromEntries(ranks)).toEqual({ d: [0], a: [0], p: [0], b: [1], o: [1], q: [1], c: [2] });
});

/** Work of `pauses` steps and one more, which gives the result. */
function* job<T>(result: () => T, pauses = 0): Generator<undefined, T> {
  for (let at = 0; at < pauses; at++) yield;
  return result();
}

test("ranked work that yields lets work of a lower rank run first, and is dropped when it stops", async () => {
  const ranks: Record<string, number> = { large: 1, small: 0 };
  const rankedWork = new RankedWork(new LocalScheduler(localClock), (name) => ranks[name] ?? 0);
  const done: string[] = [];
  const large = rankedWork.run(
    "large",
    job(() => done.push("large"), 3),
  );
  const small = rankedWork.run(
    "small",
    job(() => done.push("small"), 1),
  );
  await Promise.all([large, small]);
  expect(done).toEqual(["small", "large"]);
  const endless = rankedWork.run(
    "large",
    job(() => done.push("never"), Number.POSITIVE_INFINITY),
  );
  setTimeout(() => rankedWork.stop(), 5);
  await expect(endless).rejects.toMatchObject({ failure: { code: "EABORTED" } });
});

test("ranked work does the lowest rank first, and refuses work that has not begun when it stops", async () => {
  const ranks: Record<string, number> = { a: 3, b: 1, c: 2, d: 3 };
  const rankedWork = new RankedWork(new LocalScheduler(localClock), (name) => ranks[name] ?? 0);
  const done: string[] = [];
  const work = Object.keys(ranks).map((name) =>
    rankedWork.run(
      name,
      job(() => done.push(name)),
    ),
  );
  ranks["d"] = 0;
  rankedWork.hurry("d");
  await Promise.all(work);
  expect(done).toEqual(["d", "b", "c", "a"]);
  await expect(
    rankedWork.run(
      "e",
      job(() => JSON.parse("{")),
    ),
  ).rejects.toThrow(SyntaxError);
  const pending = rankedWork.run(
    "f",
    job(() => done.push("f")),
  );
  rankedWork.stop();
  await expect(pending).rejects.toMatchObject({ failure: { code: "EABORTED" } });
  await expect(
    rankedWork.run(
      "g",
      job(() => done.push("g")),
    ),
  ).rejects.toMatchObject({ failure: { code: "EABORTED" } });
  expect(done).toHaveLength(4);
});

test("creates a late preload once, when it is started, and not after it was stopped", async () => {
  const source = { packument: async (name: string) => ok(packument(name, {})) };
  const make = vi.fn(async () => {
    const policy = () => ({ ranges });
    return new Preload(source, { policy, overrides: new Map(), peers: true, optionalPeers: true, known: new Set() });
  });
  const late = new LatePreload(make);
  expect(make).not.toHaveBeenCalled();
  late.start();
  late.start();
  await late.quiet();
  expect(make).toHaveBeenCalledTimes(1);
  const never = new LatePreload(make);
  never.stop();
  never.start();
  await never.quiet();
  expect(make).toHaveBeenCalledTimes(1);
});

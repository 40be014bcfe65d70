import { expect, test } from "vitest";
import { openPackCache } from "../../workers/storage/open-pack-cache.ts";
import { packOf, stateOf } from "./harness.ts";

test("without IndexedDB packs are kept in memory, and the ones used least recently are dropped", async () => {
  const packCache = openPackCache({ warn: () => expect.fail(), budget: 2500 });
  const packs = Array.from({ length: 4 }, (_, i) => packOf(`p${i}`, 1000));
  for (const pack of packs.slice(0, 2)) packCache.add(pack);
  expect(await stateOf(packCache, packs[0]!)).toBe("whole");
  packCache.add(packs[2]!);
  packCache.add(packOf("large", 9000));
  await packCache.flush();
  expect(await Promise.all(packs.map((pack) => stateOf(packCache, pack)))).toEqual(["whole", "none", "whole", "none"]);
  expect((await packCache.find([packs[1]!.sha1])).size).toBe(0);
  expect((await packCache.find([packs[2]!.sha1])).get(packs[2]!.sha1)?.integrity).toBe(packs[2]!.integrity);
  expect(await packCache.usage()).toEqual({ bytes: 2040, packs: 2 });
  // The bytes that `read` returns are copies.
  (await packCache.read([packs[0]!.integrity])).get(packs[0]!.integrity)!.fill(0);
  expect(await stateOf(packCache, packs[0]!)).toBe("whole");
  await packCache.clear();
  expect(await packCache.usage()).toEqual({ bytes: 0, packs: 0 });
});

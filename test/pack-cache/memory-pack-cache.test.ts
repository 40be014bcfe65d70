import { expect, test } from "vitest";
import { openPackShelf } from "../../workers/storage/open-pack-cache.ts";
import { packOf, stateOf } from "./harness.ts";

test("without IndexedDB: memory, of which what was used least recently goes", async () => {
  const shelf = openPackShelf({ warn: () => expect.fail(), budget: 2500 });
  const packs = Array.from({ length: 4 }, (_, i) => packOf(`p${i}`, 1000));
  for (const pack of packs.slice(0, 2)) shelf.add(pack);
  expect(await stateOf(shelf, packs[0]!)).toBe("whole");
  shelf.add(packs[2]!);
  shelf.add(packOf("large", 9000));
  await shelf.flush();
  expect(await Promise.all(packs.map((pack) => stateOf(shelf, pack)))).toEqual(["whole", "none", "whole", "none"]);
  expect((await shelf.find([packs[1]!.sha1])).size).toBe(0);
  expect((await shelf.find([packs[2]!.sha1])).get(packs[2]!.sha1)?.integrity).toBe(packs[2]!.integrity);
  expect(await shelf.usage()).toEqual({ bytes: 2040, packs: 2 });
  // What is read is the reader's.
  (await shelf.read([packs[0]!.integrity])).get(packs[0]!.integrity)!.fill(0);
  expect(await stateOf(shelf, packs[0]!)).toBe("whole");
  await shelf.clear();
  expect(await shelf.usage()).toEqual({ bytes: 0, packs: 0 });
});

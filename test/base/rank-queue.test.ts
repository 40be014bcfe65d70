import fc from "fast-check";
import { expect, test } from "vitest";
import { RankQueue } from "../../src/base/rank-queue.ts";

test("law: the first item has the lowest rank, and is the oldest of that rank", () => {
  const step = fc.oneof(
    fc.record({ to: fc.constant("add" as const), rank: fc.nat(4) }),
    fc.record({ to: fc.constant("promote" as const), item: fc.nat(20), rank: fc.nat(4) }),
    fc.record({ to: fc.constant("delete" as const), item: fc.nat(20) }),
    fc.record({ to: fc.constant("take" as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = new RankQueue<number>();
      let model: { item: number; rank: number }[] = [];
      let next = 0;
      const enter = (entry: { item: number; rank: number }): void => {
        const at = model.findIndex(({ rank }) => rank > entry.rank);
        model.splice(at < 0 ? model.length : at, 0, entry);
      };
      const leave = (item: number): boolean => {
        const before = model.length;
        model = model.filter((entry) => entry.item !== item);
        return model.length < before;
      };
      for (const each of steps) {
        if (each.to === "add") {
          queue.add(next, each.rank);
          enter({ item: next++, rank: each.rank });
        } else if (each.to === "promote") {
          queue.promote((item) => item === each.item, each.rank);
          const known = model.find(({ item }) => item === each.item);
          if (known && known.rank > each.rank && leave(each.item)) enter({ item: each.item, rank: each.rank });
        } else {
          const item = each.to === "take" ? (queue.first() ?? -1) : each.item;
          expect(queue.delete(item)).toBe(leave(item));
        }
        expect([queue.first(), queue.size, [...queue]]).toEqual([
          model[0]?.item,
          model.length,
          model.map(({ item }) => item),
        ]);
      }
    }),
  );
});

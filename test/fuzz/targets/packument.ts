import { mutateJson } from "../json-mutation.ts";
import type { Random } from "../random.ts";
import { npmWorlds, randomWorlds } from "../seeds.ts";
import type { Target } from "../target.ts";
import type { Value } from "../value.ts";
import { PACKUMENT_WORDS } from "../words.ts";
import { resolveWorld, type World } from "../world.ts";

const worlds = [...randomWorlds, ...npmWorlds].filter(({ packuments }) => Object.keys(packuments).length > 0);

/** Whole resolutions in which the documents of packages are changed. */
export const packument: Target = {
  name: "packument",
  perTest: 100,
  make(random: Random): Value {
    const world = random.pick(worlds);
    const packuments = { ...world.packuments };
    for (let left = random.few(3); left > 0; left--) {
      const name = random.pick(Object.keys(packuments));
      packuments[name] = mutateJson(JSON.parse(world.packuments[name] as string), random, PACKUMENT_WORDS);
    }
    const options = random.once(3)
      ? { ...world.options, strategy: "flat", relax: random.pick(["none", "copies"]) }
      : world.options;
    const dated = random.once(6) ? { before: "2021-06-01T00:00:00.000Z" } : {};
    return { files: world.files, packuments, options: { ...options, ...dated } } as unknown as Value;
  },
  run: async (input) => void (await resolveWorld(input as unknown as World)),
};

import { mutateJson } from "../json-mutation.ts";
import type { Random } from "../random.ts";
import { npmWorlds, randomWorlds, YARN } from "../seeds.ts";
import type { Target } from "../target.ts";
import { mutateText } from "../text-mutation.ts";
import { isTree, type Value } from "../value.ts";
import { LOCK_WORDS, YARN_WORDS } from "../words.ts";
import { resolveWorld, type World } from "../world.ts";

const LOCK = /^(?:package-lock|npm-shrinkwrap)\.json$/;

const worlds = [...randomWorlds, ...npmWorlds].filter(({ files }) =>
  Object.entries(files).some(([path, text]) => LOCK.test(path) && isJson(String(text))),
);

function isJson(text: string): boolean {
  try {
    return isTree(JSON.parse(text));
  } catch {
    return false;
  }
}

/** Whole resolutions that start from a changed lock, of versions 1 to 4. */
export const lock: Target = {
  name: "lock",
  perTest: 100,
  make(random: Random): Value {
    const world = random.pick(worlds);
    const files = { ...world.files };
    const name = Object.keys(files).find((path) => LOCK.test(path) && isJson(String(files[path]))) as string;
    const data = JSON.parse(files[name] as string) as Record<string, Value>;
    if (random.once(4)) data["lockfileVersion"] = random.below(5);
    const text = mutateJson(data, random, LOCK_WORDS);
    files[name] = random.once(40) ? withConflict(text, mutateJson(data, random, LOCK_WORDS)) : text;
    const options = random.once(4) ? { ...world.options, ...random.pick(OPTIONS) } : world.options;
    return { ...world, files, options } as unknown as Value;
  },
  run: async (input) => void (await resolveWorld(input as unknown as World)),
};

const OPTIONS = [
  { lockfileVersion: 1 },
  { lockfileVersion: 2 },
  { strategy: "flat" },
  { strategy: "flat", relax: "copies", resolutionMode: "lowest" },
  { update: ["a"] },
  { rm: ["a"] },
  { add: ["a"] },
  { installStrategy: "shallow" },
  { legacyPeerDeps: true },
  { packageLock: false },
];

/** Returns two locks as git writes them when a merge fails. */
function withConflict(ours: string, theirs: string): string {
  return `<<<<<<< HEAD\n${ours}\n||||||| base\n{}\n=======\n${theirs}\n>>>>>>> other\n`;
}

const yarnTexts = npmWorlds.filter(({ files }) => typeof files["yarn.lock"] === "string");

/** Whole resolutions that start from a changed yarn.lock. */
export const yarn: Target = {
  name: "yarn",
  perTest: 60,
  make(random: Random): Value {
    const world = random.pick(random.once(2) && yarnTexts.length > 0 ? yarnTexts : randomWorlds);
    const text = (world.files["yarn.lock"] as string | undefined) ?? YARN;
    const files: World["files"] = { ...world.files, "yarn.lock": mutateText(text, random, YARN_WORDS) };
    if (random.once(2)) delete files["package-lock.json"];
    return { ...world, files } as unknown as Value;
  },
  run: async (input) => void (await resolveWorld(input as unknown as World)),
};

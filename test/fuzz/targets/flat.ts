import type { Random } from "../random.ts";
import type { Target } from "../target.ts";
import type { Tree, Value } from "../value.ts";
import { SPECS } from "../words.ts";
import { REGISTRY, resolveWorld, type World } from "../world.ts";

const NAMES = ["a", "b", "c", "d", "e", "@s/f"];
const VERSIONS = ["1.0.0", "1.1.0", "2.0.0", "2.0.0-beta.1", "3.0.0", "0.1.0"];
const RANGES = [
  "*",
  "^1.0.0",
  "^2.0.0",
  "1",
  ">=1",
  "<2",
  "1 || 3",
  "^1 || ^2",
  "~1.1",
  "latest",
  "1.0.0",
  "2.0.0-beta.1",
  ">=2.0.0-0",
  "^0.1.0",
  "<0.1",
  "",
];

function dependenciesOf(random: Random, most: number): Tree {
  const out: Tree = {};
  for (let left = random.below(most + 1); left > 0; left--)
    out[random.pick(NAMES)] = random.once(30) ? random.pick(SPECS) : random.pick(RANGES);
  return out;
}

function manifestOf(name: string, version: string, random: Random): Tree {
  const made: Tree = { name, version, dist: { tarball: `${REGISTRY}${name}/-/x-${version}.tgz` } };
  made["dependencies"] = dependenciesOf(random, 3);
  if (random.once(3)) made["peerDependencies"] = dependenciesOf(random, 2);
  if (random.once(6)) made["optionalDependencies"] = dependenciesOf(random, 1);
  if (random.once(6)) made["peerDependenciesMeta"] = { [random.pick(NAMES)]: { optional: true } };
  if (random.once(12)) made["os"] = [random.pick(["linux", "win32", "!linux"])];
  if (random.once(12)) made["engines"] = { node: random.pick([">=18", ">=99", "x"]) };
  if (random.once(12)) made["deprecated"] = "old";
  if (random.once(20)) made["bundleDependencies"] = [random.pick(NAMES)];
  return made;
}

/** Resolutions of small worlds that are made from nothing, mostly with the flat strategy. */
export const flat: Target = {
  name: "flat",
  perTest: 120,
  make(random: Random): Value {
    const packuments: World["packuments"] = {};
    for (const name of NAMES) {
      if (random.once(8)) continue;
      const versions = VERSIONS.filter(() => random.once(2));
      packuments[name] = JSON.stringify({
        name,
        "dist-tags": random.once(6) ? {} : { latest: random.pick(versions.length > 0 ? versions : VERSIONS) },
        versions: Object.fromEntries(versions.map((version) => [version, manifestOf(name, version, random)])),
      });
    }
    const project: Tree = { name: "p", dependencies: dependenciesOf(random, 4) };
    if (random.once(3)) project["devDependencies"] = dependenciesOf(random, 2);
    if (random.once(4)) project["optionalDependencies"] = dependenciesOf(random, 1);
    if (random.once(4)) project["peerDependencies"] = dependenciesOf(random, 2);
    if (random.once(4)) project["overrides"] = overridesOf(random, 2);
    const options: Tree = random.once(8)
      ? {}
      : {
          strategy: "flat",
          relax: random.pick(["none", "peers", "copies"]),
          resolutionMode: random.pick(["highest", "lowest", "lowest-direct"]),
          prereleases: random.pick(["as-written", "never", "if-necessary", "allow"]),
        };
    return { files: { "package.json": JSON.stringify(project) }, packuments, options };
  },
  run: async (input) => void (await resolveWorld(input as unknown as World)),
};

function overridesOf(random: Random, depth: number): Tree {
  const out: Tree = {};
  for (let left = random.few(3); left > 0; left--) {
    const key = random.pick(NAMES) + (random.once(4) ? `@${random.pick(RANGES)}` : "");
    out[key] =
      depth > 0 && random.once(3)
        ? overridesOf(random, depth - 1)
        : random.once(4)
          ? `$${random.pick(NAMES)}`
          : random.pick(RANGES);
  }
  if (random.once(4)) out["."] = random.pick(RANGES);
  return out;
}

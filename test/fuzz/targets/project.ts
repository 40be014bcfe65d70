import { mutateJson } from "../json-mutation.ts";
import type { Random } from "../random.ts";
import { npmWorlds, randomWorlds } from "../seeds.ts";
import type { Target } from "../target.ts";
import type { Value } from "../value.ts";
import { MANIFEST_WORDS } from "../words.ts";
import { resolveWorld, type World } from "../world.ts";

/** A project that uses most of what a package.json can say. */
const RICH: World = {
  files: {
    "package.json": JSON.stringify({
      name: "root",
      version: "1.0.0",
      dependencies: { a: "^1.0.0", nick: "npm:b@^1", w: "*", local: "file:local", tar: "file:tar.tgz" },
      devDependencies: { b: "*" },
      optionalDependencies: { d: "1" },
      peerDependencies: { c: "*" },
      peerDependenciesMeta: { c: { optional: true } },
      bundleDependencies: ["a"],
      workspaces: ["packages/*", "!packages/no"],
      overrides: { b: "$b", a: { ".": "1.0.0", b: "1" }, "c@^1": { d: "*" }, nick: "npm:b@1" },
      engines: { node: ">=18" },
      os: ["!win32"],
      directories: { bin: "bin" },
    }),
    "packages/w/package.json": JSON.stringify({ name: "w", version: "1.0.0", dependencies: { a: "1", d: "*" } }),
    "packages/no/package.json": "{}",
    "local/package.json": JSON.stringify({
      name: "local",
      version: "0.1.0",
      bin: "x.js",
      peerDependencies: { a: "1" },
    }),
    "bin/x.js": "",
  },
  packuments: Object.fromEntries(
    ["a", "b", "c", "d"].map((name) => [
      name,
      JSON.stringify({
        name,
        "dist-tags": { latest: "1.0.0" },
        versions: {
          "1.0.0": {
            name,
            version: "1.0.0",
            dependencies: name === "a" ? { b: "*" } : {},
            peerDependencies: name === "c" ? { a: "*" } : {},
            dist: {
              tarball: `http://registry.local/${name}/-/${name}-1.0.0.tgz`,
              integrity: `sha512-${"A".repeat(86)}==`,
            },
          },
        },
      }),
    ]),
  ),
  options: {},
};

const worlds = [...randomWorlds, ...npmWorlds];

/** Whole resolutions in which package.json files are changed: the project's, those of its workspaces and of its folders. */
export const project: Target = {
  name: "project",
  perTest: 100,
  make(random: Random): Value {
    const world = random.once(3) ? RICH : random.pick(worlds);
    const files = { ...world.files };
    const names = Object.keys(files).filter((path) => /package\.json$/.test(path) && typeof files[path] === "string");
    for (let left = random.few(2); left > 0; left--) {
      const name = random.once(2) ? "package.json" : random.pick(names);
      files[name] = mutateJson(parsed(files[name]), random, MANIFEST_WORDS);
    }
    const options = random.once(4) ? { ...world.options, ...random.pick(EDITS) } : world.options;
    return { ...world, files, options } as unknown as Value;
  },
  run: async (input) => void (await resolveWorld(input as unknown as World)),
};

const EDITS = [
  { add: ["a"] },
  { add: ["a@npm:b", "d@1"], saveType: "dev" },
  { add: ["./local"] },
  { rm: ["a"] },
  { rm: ["__proto__", "b"] },
  { update: true },
  { update: ["a"] },
  { strategy: "flat" },
  { strategy: "flat", relax: "copies" },
  { workspaces: ["w"], add: ["d"] },
  { installStrategy: "nested" },
  { installLinks: true },
  { lockfileVersion: 1 },
  { lockfileVersion: 2, legacyPeerDeps: true },
  { saveType: "peer", add: ["d"], saveBundle: true },
];

function parsed(text: string | Uint8Array | undefined): Value {
  try {
    return JSON.parse(String(text)) as Value;
  } catch {
    return {};
  }
}

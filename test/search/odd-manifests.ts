import { Dice } from "./scenario.ts";

/** The files of a project whose package.json is odd, and what each npm answered. Recorded by scripts/record-manifests.mjs. */
export interface OddManifest {
  readonly seed: number;
  readonly files: Readonly<Record<string, string>>;
  /** By npm's version: the lock that it wrote, or its first words of refusal. */
  readonly npm: Readonly<Record<string, { readonly lock?: string; readonly refused?: string }>>;
}

/** Fields that npm reads, and some that it only writes into the lock. */
const FIELDS = [
  ..."name version dependencies devDependencies optionalDependencies peerDependencies".split(" "),
  ..."peerDependenciesMeta bundleDependencies bundledDependencies overrides workspaces engines devEngines".split(" "),
  ..."os cpu libc bin directories scripts license funding files private acceptDependencies".split(" "),
  ..."man main type repository packageManager gypfile packageExtensions patchedDependencies".split(" "),
];

const VALUES: readonly unknown[] = [
  ...[null, true, false, 0, 5, -1.5, "", "hi", " ", "a@1", "^1.0.0", "../x", "/", "a,b"],
  ...[[], ["a"], [null], [5], [""], [[]], [{}], ["a", "a"], [true], ["a@1.0.0", "b"]],
  ...[{}, { a: null }, { a: 5 }, { a: "" }, { a: {} }, { a: [] }, { a: ["1.0.0"] }, { a: true }, { a: false }],
  ...[{ a: { b: null } }, { a: { b: 5 } }, { a: { ".": null } }, { "": "1.0.0" }, { "": null }, { " ": "1" }],
  ...[{ a: "not a range" }, { A: "1.0.0" }, { "../a": "1" }, { a: "npm:" }, { a: "file:" }, { a: "$a" }, { a: "$b" }],
  ...[{ packages: null }, { packages: "a" }, { packages: ["w"] }, { packages: [5] }, { bin: null }, { bin: [] }],
  ...[{ bin: "w" }, { bin: {} }, { node: 5 }, { node: ">=1" }, { type: "MIT" }, { type: 5 }, { url: 5 }, { length: 1 }],
  ...[["w"], ["w", 5], ["!w"], ["."], ["w", "w"], { a: { optional: true } }, { a: { optional: "x" } }],
];

/** Whole texts of a package.json. */
const TEXTS = ["null", "[]", '"hi"', "5", "true", "", " ", "{", "[null]", '["a"]', "{}", "\ufeff{}", "{}x", "//\n{}"];

/** Whole texts of a workspace's package.json. */
const WORKSPACE_TEXTS = [
  ...["null", '"hi"', "5", "[]", "{", "", '{"name":5}', '{"name":{}}', '{"name":""}', '{"dependencies":"a"}'],
  ...['{"dependencies":{"b":5}}', '{"devDependencies":{"b":null}}', '{"peerDependencies":{"b":[]}}'],
  ...['{"dependencies":["x"]}', '{"directories":{"bin":{}}}', '{"bin":[5]}', '{"workspaces":null}'],
  ...['{"overrides":{"a":null}}', '{"devEngines":5}', '{"os":5}', '{"version":5}'],
];

/** Packages that the projects can require. */
export const PACKUMENTS: Readonly<Record<string, unknown>> = Object.fromEntries(
  ["a", "b", "hi", "0"].map((name) => {
    const dist = { tarball: `http://registry.local/${name}/-/${name}-1.0.0.tgz`, integrity: "sha512-AAAA" };
    return [name, { name, "dist-tags": { latest: "1.0.0" }, versions: { "1.0.0": { name, version: "1.0.0", dist } } }];
  }),
);

/** The first seed of a workspace with an odd text. */
const WORKSPACE_SEED = 270;

/**
 * Makes the project of a seed. The first ones have an odd text; each other one has one or two odd fields, in the package.json of the
 * project or of its workspace. Every field comes up equally often. From 270 on, the workspace has an odd text.
 */
export function oddProject(seed: number): Record<string, string> {
  const text = TEXTS[seed];
  if (text !== undefined) return { ...WORKSPACE, "package.json": text };
  const own = WORKSPACE_TEXTS[seed - WORKSPACE_SEED];
  if (own !== undefined) return { "package.json": WITH_WORKSPACE, "w/package.json": own };
  const dice = new Dice(seed);
  const odd = { [FIELDS[seed % FIELDS.length] as string]: dice.one(VALUES) };
  if (dice.chance(0.2)) odd[dice.one(FIELDS)] = dice.one(VALUES);
  if (dice.chance(0.85)) return { ...WORKSPACE, "package.json": JSON.stringify({ ...ROOT, ...odd }) };
  return { "package.json": WITH_WORKSPACE, "w/package.json": JSON.stringify({ name: "w", version: "1.0.0", ...odd }) };
}

const ROOT = { name: "root", version: "1.0.0", dependencies: { b: "^1.0.0" } };
const WITH_WORKSPACE = JSON.stringify({ ...ROOT, workspaces: ["w"] });
const WORKSPACE = { "w/package.json": '{"name":"w","version":"1.0.0"}' };

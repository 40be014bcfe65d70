import type { ResolveOptions } from "../../src/api/resolve.ts";

/** One run of npm: files that change before it, and its options. */
export interface SearchStep {
  /** Texts by path. Files of earlier steps stay, and so do the package.json and the lock that they wrote. */
  files: Record<string, string>;
  options: ResolveOptions;
}

/** A random registry, and runs of one project over it, one after the other. */
export interface Scenario {
  seed: number;
  /** Full packuments by name. Tarball URLs begin with `http://registry.local/`. */
  packuments: Record<string, unknown>;
  steps: SearchStep[];
}

const NAMES = ["a", "b", "c", "d", "e", "f", "g", "@s/h"];
const VERSIONS = ["1.0.0", "1.1.0", "1.2.0-beta.1", "2.0.0", "2.1.0"];
const SPECS = ["*", "^1.0.0", "1.0.0", "^2.0.0", ">=1.1.0", "~2.0.0", "1.x", "^1 || ^2", "latest"];
const FOLDERS = ["packages/w1", "packages/w2"];

/**
 * The subject of most scenarios of a search. `overrides`: projects with overrides under `preferDedupe`, in later runs too, so that they
 * start from a lock. `workspaces`: projects with workspaces whose names the packages of the registry require, above all as peers.
 */
export type SearchBias = "overrides" | "workspaces";

/** Picks at random, the same for the same seed (mulberry32). */
export class Dice {
  #state: number;
  /** The share of specs that name the folder of an installed package. */
  folderSpecs = 0;
  readonly bias: SearchBias | undefined;

  constructor(seed: number, bias?: SearchBias) {
    this.bias = bias;
    this.#state = Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995;
  }

  number(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  chance(share: number): boolean {
    return this.number() < share;
  }

  upTo(most: number): number {
    return Math.floor(this.number() * (most + 1));
  }

  one<T>(list: readonly T[]): T {
    return list[Math.floor(this.number() * list.length)] as T;
  }

  /** Returns up to `most` different items. */
  some<T>(list: readonly T[], most: number): T[] {
    return [...new Set(Array.from({ length: this.upTo(most) }, () => this.one(list)))];
  }

  dependencies(names: readonly string[], most: number): Record<string, string> {
    return Object.fromEntries(this.some(names, most).map((name) => [name, this.spec(name)]));
  }

  spec(name: string): string {
    const spec = this.one(SPECS);
    if (this.chance(0.04)) return `npm:${this.one(NAMES)}@${spec}`;
    if (this.chance(0.02)) return "^9.0.0";
    if (this.chance(this.folderSpecs)) return `file:../${this.one(NAMES)}`;
    return name === "gone" ? "1.0.0" : spec;
  }
}

/** Returns 64 bytes derived from the id, as an integrity. */
function integrityOf(id: string): string {
  return `sha512-${btoa(id.padEnd(64, ".").slice(0, 64))}`;
}

function manifestOf(dice: Dice, name: string, version: string): Record<string, unknown> {
  const others = NAMES.filter((other) => other !== name);
  const manifest: Record<string, unknown> = { name, version };
  const put = (key: string, value: Record<string, unknown>): void => {
    if (Object.keys(value).length > 0) manifest[key] = value;
  };
  if (dice.chance(0.7)) put("dependencies", dice.dependencies(others, 3));
  if (dice.chance(dice.bias === "workspaces" ? 0.6 : 0.35)) {
    const peers = dice.dependencies(others, 2);
    put("peerDependencies", peers);
    if (dice.chance(0.4))
      put(
        "peerDependenciesMeta",
        Object.fromEntries(
          dice
            .some(Object.keys(peers), 2)
            .filter(Boolean)
            .map((peer) => [peer, { optional: true }]),
        ),
      );
  }
  if (dice.chance(0.15)) put("optionalDependencies", dice.dependencies([...others, "gone"], 1));
  if (dice.chance(0.03)) manifest["deprecated"] = "old";
  if (dice.chance(0.03)) manifest["os"] = ["darwin"];
  if (dice.chance(0.03)) manifest["engines"] = { node: ">=99" };
  const file = `${name.split("/").pop()}-${version}.tgz`;
  manifest["dist"] = {
    tarball: `http://registry.local/${name}/-/${file}`,
    integrity: integrityOf(`${name}@${version}`),
  };
  return manifest;
}

function packumentsOf(dice: Dice): Record<string, unknown> {
  const all = NAMES.map((name) => {
    const versions = VERSIONS.filter((version) => version === "1.0.0" || dice.chance(0.6));
    const latest = versions.filter((version) => !version.includes("-")).at(-1);
    const manifests = versions.map((version) => [version, manifestOf(dice, name, version)]);
    return [name, { name, "dist-tags": { latest }, versions: Object.fromEntries(manifests) }];
  });
  return Object.fromEntries(all);
}

interface Root {
  name: string;
  version: string;
  [field: string]: unknown;
}

const textOf = (manifest: object): string => `${JSON.stringify(manifest, null, 2)}\n`;

/** Writes the sections of a package.json anew. */
function fill(dice: Dice, manifest: Root, local: readonly string[]): void {
  const sections: [string, number, number][] = [
    ["dependencies", 1, 4],
    ["devDependencies", 0.3, 2],
    ["optionalDependencies", 0.15, 1],
    ["peerDependencies", 0.1, 1],
  ];
  for (const [section, share, most] of sections) {
    delete manifest[section];
    if (dice.chance(share)) manifest[section] = dice.dependencies(NAMES, most);
  }
  for (const folder of local) {
    const dependencies = { ...(manifest["dependencies"] as object) } as Record<string, string>;
    manifest["dependencies"] = dependencies;
    if (dice.chance(0.5)) dependencies[dice.one([folder, "local"])] = `file:${folder}`;
  }
}

function overridesOf(dice: Dice): Record<string, unknown> {
  const rules = dice.some(NAMES, dice.bias === "overrides" ? 4 : 2).map((name) => {
    const key = dice.chance(0.2) ? `${name}@${dice.one(["^1.0.0", "2"])}` : name;
    const value = dice.one(["1.0.0", "2.0.0", "^1.1.0"]);
    return [key, dice.chance(0.2) ? { [dice.one(NAMES)]: value } : value];
  });
  return Object.fromEntries(rules);
}

function extensionsOf(dice: Dice): Record<string, unknown> {
  const rules = dice.some(NAMES, 2).map((name) => {
    const key = dice.chance(0.5) ? `${name}@${dice.one(["1", "^2.0.0", ">=1.1.0"])}` : name;
    const field = dice.one(["dependencies", "peerDependencies", "optionalDependencies"]);
    return [key, { [field]: { [dice.one(NAMES)]: dice.one(["^1.0.0", "*", "2.0.0"]) } }];
  });
  return Object.fromEntries(rules);
}

function flagsOf(dice: Dice): ResolveOptions {
  const options: ResolveOptions = {};
  if (dice.chance(0.08)) options.legacyPeerDeps = true;
  if (dice.chance(0.06)) options.strictPeerDeps = true;
  if (dice.chance(0.08)) options.force = true;
  if (dice.bias === "overrides" || dice.chance(0.15)) options.preferDedupe = true;
  if (dice.chance(0.06)) options.installStrategy = dice.one(["nested", "shallow"]);
  if (dice.chance(0.05)) options.lockfileVersion = dice.one([1, 2]);
  return options;
}

/**
 * Makes the scenario of a seed: a project, sometimes with workspaces, folders, overrides or extensions, and up to two later runs that
 * change package.json, `add`, `rm` or `update`.
 * @param extensions whether npm knows `packageExtensions`
 */
export function scenarioOf(seed: number, extensions: boolean, bias?: SearchBias): Scenario {
  const dice = new Dice(seed, bias);
  if (dice.chance(0.15)) dice.folderSpecs = 0.06;
  const packuments = packumentsOf(dice);
  const root: Root = { name: "root", version: "1.0.0" };
  const forWorkspaces = bias === "workspaces";
  const folders = forWorkspaces ? [...FOLDERS] : dice.chance(0.25) ? dice.some(FOLDERS, 2) : [];
  const areWorkspaces = forWorkspaces || dice.chance(0.7);
  const options = flagsOf(dice);
  const files: Record<string, string> = {};
  fill(dice, root, areWorkspaces ? [] : folders);
  const names: string[] = [];
  for (const folder of folders) {
    const own: Root = {
      name: dice.chance(forWorkspaces ? 0.8 : 0.2) ? dice.one(NAMES) : folder.slice(-2),
      version: dice.one(["1.0.0", "2.0.0"]),
    };
    fill(dice, own, []);
    names.push(own.name);
    files[`${folder}/package.json`] = textOf(own);
  }
  if (folders.length > 0 && areWorkspaces) root["workspaces"] = ["packages/*"];
  if (dice.chance(bias === "overrides" ? 0.7 : 0.2)) root["overrides"] = overridesOf(dice);
  if (extensions && dice.chance(0.2)) root["packageExtensions"] = extensionsOf(dice);
  const start = root["workspaces"] && dice.chance(0.2) ? { ...options, workspaces: [dice.one(names)] } : options;
  const steps: SearchStep[] = [{ files: { ...files, "package.json": textOf(root) }, options: start }];
  const more = bias === "overrides" ? 1 + dice.upTo(2) : dice.upTo(2);
  for (let at = 0; at < more; at++) steps.push(laterStep(dice, root, { options, extensions, folders, names }));
  return { seed, packuments, steps };
}

interface StepContext {
  options: ResolveOptions;
  extensions: boolean;
  folders: readonly string[];
  /** The names of the packages in these folders. */
  names: readonly string[];
}

function laterStep(dice: Dice, root: Root, { options, extensions, folders, names }: StepContext): SearchStep {
  const own = dice.chance(0.7) ? options : flagsOf(dice);
  const kinds = ["edit", "edit", "add", "rm", "update", "updateAll", "overrides", "extensions", "workspace"];
  const kind = dice.bias === "overrides" && dice.chance(0.5) ? "overrides" : dice.one(kinds);
  const step = (more: ResolveOptions, changed = false): SearchStep => ({
    files: changed ? { "package.json": textOf(root) } : {},
    options: { ...own, ...more },
  });
  switch (kind) {
    case "add":
      return step({ add: [`${dice.one(NAMES)}${dice.one(["", "@1", "@^2.0.0", "@1.0.0"])}`] });
    case "rm":
      return step({ rm: [dice.one(NAMES)] });
    case "update":
      return step({ update: { names: dice.some(NAMES, 2) } });
    case "updateAll":
      return step({ update: true });
    case "workspace":
      return folders.length > 0 && root["workspaces"] ? step({ workspaces: [dice.one(names)] }) : step({});
    case "overrides":
      root["overrides"] = overridesOf(dice);
      return step({}, true);
    case "extensions":
      if (extensions) root["packageExtensions"] = extensionsOf(dice);
      else fill(dice, root, []);
      return step({}, true);
    default:
      fill(dice, root, root["workspaces"] ? [] : folders);
      return step({}, true);
  }
}

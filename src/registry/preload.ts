import type { Manifest } from "../api/manifest.ts";
import type { Outcome } from "../errors/failure.ts";
import { parseSpec, type Spec } from "../spec/spec.ts";
import type { Packument } from "./packument.ts";
import { type PickPolicy, selectVersion } from "./select-version.ts";

/** Where a preload gets packuments. */
export interface PreloadSource {
  /** `rank`: how deep in the tree it is wanted. The engine goes by depth too. */
  packument(name: string, rank: number): Promise<Outcome<Packument>>;
}

/** How a package is wanted. */
interface PreloadNeed {
  depth: number;
  /** For an optional peer's sake. */
  weak: boolean;
}

/**
 * Runs ahead of the tree: asks for packuments that the engine will want, so that it does not meet them one depth at a time.
 * It picks what npm would pick for each range and follows that version's dependencies. Only a hint: what it fails to get
 * is asked for again, or not, by the engine, which never waits for it.
 */
export class Preload {
  readonly #source: PreloadSource;
  readonly #policy: (name: string) => PickPolicy;
  readonly #overrides: ReadonlyMap<string, string>;
  readonly #asked = new Set<string>();
  readonly #names = new Set<string>();
  readonly #known: ReadonlySet<string>;
  readonly #peers: boolean;
  #stopped = false;
  /** Told when all that was sent for is there. */
  #waiting: (() => void)[] = [];
  dispatched = 0;
  done = 0;

  constructor(
    source: PreloadSource,
    options: {
      policy: (name: string) => PickPolicy;
      overrides: ReadonlyMap<string, string>;
      peers: boolean;
      /** Packages that are there already, in a lock or as workspaces: most likely nobody will ask for these. */
      known: ReadonlySet<string>;
    },
  ) {
    this.#source = source;
    this.#policy = options.policy;
    this.#overrides = options.overrides;
    this.#peers = options.peers;
    this.#known = options.known;
  }

  stop(): void {
    this.#stopped = true;
    this.#quieten();
  }

  /** Follows the project's own dependencies. */
  start(manifest: Manifest): void {
    this.#followAll(manifest, ["devDependencies", ...FOLLOWED], 0);
    this.#followPeers(manifest, { depth: 0, weak: false });
  }

  /** What a package at this depth brings along: its dependencies one deeper, its peers beside it, as they will be looked at. */
  #follow(manifest: Manifest, depth: number): void {
    this.#followPeers(manifest, { depth, weak: false });
    this.#followAll(manifest, FOLLOWED, depth + 1);
  }

  #followAll(manifest: Manifest, sections: readonly (keyof Manifest & `${string}ependencies`)[], depth: number): void {
    for (const section of sections) {
      const deps = manifest[section] as Record<string, string> | undefined;
      if (deps) for (const name of Object.keys(deps)) this.#request(name, deps[name] as string, { depth, weak: false });
    }
  }

  /**
   * npm looks at every peer, an optional one too (npm-tree §9), so each is asked for: of 83 optional ones in a large project
   * 82 were. It places few of them: those that are looked at for an optional peer's sake, and that are `weak` therefore, bring
   * their peers along and not their dependencies.
   */
  #followPeers(manifest: Manifest, { depth, weak }: PreloadNeed): void {
    if (!this.#peers || !manifest.peerDependencies) return;
    for (const [name, range] of Object.entries(manifest.peerDependencies)) {
      if (manifest.peerDependenciesMeta?.[name]?.optional) this.#request(name, range, { depth, weak: true });
      // Most often somebody's dependency too: of another version than the peer's own range would pick.
      else if (!this.#names.has(name)) this.#request(name, range, { depth, weak });
      else void this.#source.packument(name, depth);
    }
  }

  #request(name: string, raw: string, { depth, weak }: PreloadNeed): void {
    const text = this.#overrides.get(name) ?? raw;
    const key = `${weak ? "?" : ""}${name}@${text}`;
    if (this.#stopped || this.#asked.has(key)) return;
    this.#asked.add(key);
    const spec = registrySpec(name, text);
    if (!spec || this.#known.has(spec.name)) return;
    if (!weak) this.#names.add(spec.name);
    // Counted before it is sent for: else one that ends at once would end the rest.
    this.dispatched++;
    const read = (packument: Outcome<Packument>): void => {
      if (this.#stopped || !packument.ok) return;
      const picked = selectVersion(packument.value, spec.fetchSpec, this.#policy(spec.name));
      if (picked.ok && weak) this.#followPeers(picked.value, { depth, weak });
      else if (picked.ok) this.#follow(picked.value, depth);
    };
    const end = (): void => {
      if (++this.done === this.dispatched) this.#quieten();
    };
    // What cannot be read is the engine's to tell, if it comes to it.
    this.#source.packument(spec.name, depth).then(read).then(end, end);
  }

  /** Resolves when there is nothing left to look for, or it was stopped. */
  quiet(): Promise<void> {
    if (this.#stopped || this.done === this.dispatched) return Promise.resolve();
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  #quieten(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting = [];
  }
}

const FOLLOWED = ["dependencies", "optionalDependencies"] as const;

function registrySpec(name: string, text: string): { name: string; fetchSpec: string } | null {
  try {
    const spec: Spec = parseSpec(name, text, "/");
    if (spec.type === "alias") return spec.subSpec;
    return "registry" in spec ? spec : null;
  } catch {
    return null;
  }
}

import type { Manifest } from "../api/manifest.ts";
import type { Outcome } from "../errors/failure.ts";
import { parseSpec, type Spec } from "../spec/spec.ts";
import type { Packument } from "./packument.ts";
import { type PickPolicy, pickVersion } from "./select-version.ts";

/** The source of a preload's packuments. */
export interface PreloadSource {
  /** @param rank the depth in the tree at which the package is needed. The engine works by depth too. */
  packument(name: string, rank: number): Promise<Outcome<Packument>>;
}

/** Dependencies of one package that are requested before other work gets the thread. */
const AT_ONCE = 256;

/** The place and the reason of a package's use. */
interface PreloadNeed {
  depth: number;
  /** True if only an optional peer needs the package. */
  weak: boolean;
}

/**
 * Requests packuments before the engine needs them, so that the engine does not wait for one depth of the tree after the other.
 *
 * 1. Start from the project's own dependencies.
 * 2. Request each package once per spec. Apply overrides, and skip packages of the lock and workspaces.
 * 3. Pick the version that npm would pick for the range (npm-tree §3.3), and continue with its dependencies, one depth lower.
 * 4. Request its peers too, at the same depth. Do not follow the dependencies of an optional peer (npm-tree §9).
 *
 * The result is only a hint. The engine never waits for it, and requests each package itself if the preload did not load it.
 */
export class Preload {
  readonly #source: PreloadSource;
  readonly #policy: (name: string) => PickPolicy;
  readonly #overrides: ReadonlyMap<string, string>;
  /** Specs already requested. */
  readonly #requested = new Set<string>();
  readonly #names = new Set<string>();
  readonly #known: ReadonlySet<string>;
  readonly #peers: boolean;
  readonly #optionalPeers: boolean;
  readonly #pause: () => Promise<void>;
  #stopped = false;
  /** Called when every request has ended. */
  #waiting: (() => void)[] = [];
  dispatched = 0;
  done = 0;

  constructor(
    source: PreloadSource,
    options: {
      policy: (name: string) => PickPolicy;
      overrides: ReadonlyMap<string, string>;
      peers: boolean;
      /** Whether optional peers are requested too. Newer versions of npm load them only where another version is in place. */
      optionalPeers: boolean;
      /** Packages in the lock, and workspaces: the engine will most likely not need their packuments. */
      known: ReadonlySet<string>;
      /** Lets other work run. Called for a package with very many dependencies. */
      pause?: () => Promise<void>;
    },
  ) {
    this.#source = source;
    this.#policy = options.policy;
    this.#overrides = options.overrides;
    this.#peers = options.peers;
    this.#optionalPeers = options.optionalPeers;
    this.#known = options.known;
    this.#pause = options.pause ?? (async () => {});
  }

  /** Makes no further requests. */
  stop(): void {
    this.#stopped = true;
    this.#endWaits();
  }

  /** Follows the project's own dependencies. */
  start(manifest: Manifest): void {
    this.#followAll(manifest, ["devDependencies", ...FOLLOWED], 0);
    this.#followPeers(manifest, { depth: 0, weak: false });
  }

  /** Follows a package at this depth: its dependencies one depth lower, and its peers at the same depth. */
  #follow(manifest: Manifest, depth: number): void {
    this.#followPeers(manifest, { depth, weak: false });
    this.#followAll(manifest, FOLLOWED, depth + 1);
  }

  #followAll(manifest: Manifest, sections: readonly (keyof Manifest & `${string}ependencies`)[], depth: number): void {
    for (const section of sections) {
      const deps = manifest[section] as Record<string, string> | undefined;
      this.#requestAll(Object.keys(deps ?? {}), (name) => this.#request(name, deps?.[name], { depth, weak: false }));
    }
  }

  #requestAll(names: readonly string[], request: (name: string) => void): void {
    for (const name of names.slice(0, AT_ONCE)) request(name);
    if (names.length > AT_ONCE) void this.#requestMany(names.slice(AT_ONCE), request);
  }

  /** Makes many requests, with a pause after each {@link AT_ONCE} of them. */
  async #requestMany(names: readonly string[], request: (name: string) => void): Promise<void> {
    // Counts as one request more, so that the preload does not end in between.
    this.dispatched++;
    for (let at = 0; at < names.length && !this.#stopped; at += AT_ONCE) {
      await this.#pause();
      for (const name of names.slice(at, at + AT_ONCE)) request(name);
    }
    this.#end();
  }

  #end(): void {
    if (++this.done === this.dispatched) this.#endWaits();
  }

  /**
   * Requests a package's peers. npm loads every peer, even an optional one (npm-tree §9): in a large project, 82 of 83 optional
   * peers. It places few of the optional ones. A package that is needed only for an optional peer is therefore `weak`: its peers
   * are followed, but its dependencies are not.
   */
  #followPeers(manifest: Manifest, { depth, weak }: PreloadNeed): void {
    const { peerDependencies, peerDependenciesMeta } = manifest;
    if (!this.#peers || !peerDependencies) return;
    this.#requestAll(Object.keys(peerDependencies), (name) => {
      const range = peerDependencies[name];
      if (peerDependenciesMeta?.[name]?.optional) {
        if (this.#optionalPeers) this.#request(name, range, { depth, weak: true });
      }
      // Usually another package also depends on this peer, with another version than this range picks. Do not follow this one.
      else if (!this.#names.has(name)) this.#request(name, range, { depth, weak });
      else void this.#source.packument(name, depth);
    });
  }

  #request(name: string, raw: unknown, { depth, weak }: PreloadNeed): void {
    const text: unknown = this.#overrides.get(name) ?? raw;
    if (typeof text !== "string") return;
    const key = `${weak ? "?" : ""}${name}@${text}`;
    if (this.#stopped || this.#requested.has(key)) return;
    // Only an alias asks for another package than its name says.
    if (this.#known.has(name) && !/^npm:/i.test(text)) return;
    this.#requested.add(key);
    const spec = registryTarget(name, text);
    if (!spec || this.#known.has(spec.name)) return;
    if (!weak) this.#names.add(spec.name);
    // Count before the request: a request that ends at once would otherwise end the whole preload.
    this.dispatched++;
    const read = (packument: Outcome<Packument>): void => {
      if (this.#stopped || !packument.ok) return;
      const { done, value: picked } = pickVersion(packument.value, spec.fetchSpec, this.#policy(spec.name)).next();
      // A pick that takes so long that it pauses is left to the engine.
      if (!done) return;
      if (picked.ok && weak) this.#followPeers(picked.value, { depth, weak });
      else if (picked.ok) this.#follow(picked.value, depth);
    };
    const end = (): void => this.#end();
    // Errors are ignored: if the engine needs this package, it reports them.
    this.#source.packument(spec.name, depth).then(read).then(end, end);
  }

  /** Resolves when every request has ended, or the preload was stopped. */
  quiet(): Promise<void> {
    if (this.#stopped || this.done === this.dispatched) return Promise.resolve();
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  #endWaits(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting = [];
  }
}

const FOLLOWED = ["dependencies", "optionalDependencies"] as const;

/** Returns the registry package that a spec names, or null if it names none. */
function registryTarget(name: string, text: string): { name: string; fetchSpec: string } | null {
  try {
    const spec: Spec = parseSpec(name, text, "/");
    if (spec.type === "alias") return spec.subSpec;
    return "registry" in spec ? spec : null;
  } catch {
    return null;
  }
}

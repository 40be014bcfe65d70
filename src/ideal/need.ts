import type { Outcome } from "../errors.ts";
import type { LockData } from "../lockfile/read-lock.ts";
import type { TarballListing } from "../ports.ts";
import type { Manifest } from "../registry/manifest.ts";
import type { Packument } from "../registry/packument.ts";

/** What the engine stops for. A driver answers with an outcome, never a throw; the engine keeps the first it gets. */
export type Need =
  | { kind: "packument"; key: string }
  | { kind: "manifest"; key: string; name: string; version: string }
  | { kind: "tarball"; key: string; name: string; integrity: string | null }
  | typeof PAUSE;

/** Nothing is needed: a place where the driver may give way to others. */
export const PAUSE: { readonly kind: "pause"; readonly key: "" } = { kind: "pause", key: "" };

/** A tarball that was verified and listed; `shrinkwrap` is its `npm-shrinkwrap.json`, read. */
export interface OpenedTarball extends TarballListing {
  shrinkwrap: LockData | null;
}

export type Answer = Outcome<Packument> | Outcome<Manifest> | Outcome<OpenedTarball>;

/** A step of the engine: yields needs, is resumed with answers. */
export type Steps<T> = Generator<Need, T, Answer>;

/** The packument of a name. */
export function* needPackument(name: string): Steps<Outcome<Packument>> {
  return (yield { kind: "packument", key: name }) as Outcome<Packument>;
}

/** One version's full manifest by a request of its own. */
export function* needManifest(name: string, version: string): Steps<Outcome<Manifest>> {
  return (yield { kind: "manifest", key: `${name}@${version}`, name, version }) as Outcome<Manifest>;
}

/** A tarball, verified and listed. `key` is its URL, or `file:` and an absolute path inside the project's files. */
export function* needTarball(key: string, name: string, integrity: string | null): Steps<Outcome<OpenedTarball>> {
  return (yield { kind: "tarball", key, name, integrity }) as Outcome<OpenedTarball>;
}

import type { Outcome } from "../errors/failure.ts";
import type { Node } from "../graph/node.ts";
import type { Packument } from "../registry/packument.ts";
import type { TarballListing } from "../tarball/list-tarball.ts";
import { type Context, raise } from "./context.ts";

/** What the engine stops for. A driver answers with an outcome, never a throw; the engine keeps the first it gets. */
export type Need =
  | { kind: "packument"; key: string }
  | { kind: "tarball"; key: string; name: string; integrity: string | null }
  | { kind: "code"; key: ""; load: () => Promise<unknown> }
  | typeof PAUSE;

/** Nothing is needed: a place where the driver may give way to others. */
export const PAUSE: { readonly kind: "pause"; readonly key: "" } = { kind: "pause", key: "" };

/** A tarball that was verified and listed, with what puts its content into a tree: few resolutions load that code. */
export interface OpenedTarball extends TarballListing {
  place(node: Node, context: Context): void;
}

export type Answer = Outcome<Packument> | Outcome<OpenedTarball> | Outcome<unknown>;

/** A step of the engine: yields needs, is resumed with answers. */
export type Steps<T> = Generator<Need, T, Answer>;

/** The packument of a name. */
export function* needPackument(name: string): Steps<Outcome<Packument>> {
  return (yield { kind: "packument", key: name }) as Outcome<Packument>;
}

/** A tarball, verified and listed. `key` is its URL, or `file:` and an absolute path inside the project's files. */
export function* needTarball(key: string, name: string, integrity: string | null): Steps<Outcome<OpenedTarball>> {
  return (yield { kind: "tarball", key, name, integrity }) as Outcome<OpenedTarball>;
}

/** A part of the engine that few resolutions run, such as the wording of failures. */
export function* needCode<T>(load: () => Promise<T>): Steps<T> {
  const loaded = (yield { kind: "code", key: "", load }) as Outcome<T>;
  return loaded.ok ? loaded.value : raise(loaded.failure);
}

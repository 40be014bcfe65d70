import type { Outcome } from "../errors/failure.ts";
import { raise } from "../errors/failure.ts";
import type { Node } from "../graph/node.ts";
import type { Packument } from "../registry/packument.ts";
import type { TarballListing } from "../tarball/list-tarball.ts";
import type { Context } from "./context.ts";

/** A request of the engine to its driver. The driver answers with an outcome and never throws; the first answer is final. */
export type Need =
  | { kind: "packument"; key: string }
  | { kind: "tarball"; key: string; name: string; integrity: string | null }
  | { kind: "code"; key: ""; load: () => Promise<unknown> }
  | typeof PAUSE;

/** A point where the driver may let other tasks run. It needs no answer. */
export const PAUSE: { readonly kind: "pause"; readonly key: "" } = { kind: "pause", key: "" };

/** A verified and listed tarball, and the function that puts its bundled dependencies into a tree. */
export interface OpenedTarball extends TarballListing {
  place(node: Node, context: Context): Generator<undefined, void>;
}

export type Answer = Outcome<Packument> | Outcome<OpenedTarball> | Outcome<unknown>;

/** Work of the engine: it yields needs and is resumed with answers. */
export type Steps<T> = Generator<Need, T, Answer>;

/** Asks for the packument of a name. */
export function* needPackument(name: string): Steps<Outcome<Packument>> {
  return (yield { kind: "packument", key: name }) as Outcome<Packument>;
}

/** Asks for a tarball, verified and listed. `key` is its URL, or `file:` and an absolute path among the project's files. */
export function* needTarball(key: string, name: string, integrity: string | null): Steps<Outcome<OpenedTarball>> {
  return (yield { kind: "tarball", key, name, integrity }) as Outcome<OpenedTarball>;
}

/** Asks for a part of the engine that is loaded on demand, such as the wording of failures. */
export function* needCode<T>(load: () => Promise<T>): Steps<T> {
  const loaded = (yield { kind: "code", key: "", load }) as Outcome<T>;
  return loaded.ok ? loaded.value : raise(loaded.failure);
}

/** Runs work of the layers below, and makes each of its pauses a need. */
export function* withPauses<T>(work: Generator<undefined, T>): Steps<T> {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    yield PAUSE;
  }
}

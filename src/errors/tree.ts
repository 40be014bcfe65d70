import type { Failure, WayOut } from "../api/failure.ts";
import { failure } from "./failure.ts";

/** EUNSUPPORTED: a package whose `source` a page cannot fetch: a git repository, or a folder that npm would pack. */
export function unsupportedSource(name: string, source: string, why: string, more?: Partial<Failure>): Failure {
  // Not a change that a button makes: the registry's package of that name may be a stranger's. npm refuses an override that
  // differs from the project's own dependency.
  const where = more?.requiredBy?.includes("") ? "in package.json" : "in an override";
  const published: WayOut = {
    kind: "other",
    text: `If ${name} in the registry is the same package, write a published version of it ${where}.`,
  };
  return failure("EUNSUPPORTED", `Cannot fetch ${name} from ${source}: ${why}.`, {
    package: name,
    wayOut: [published, { kind: "other", text: "Depend on a tarball of it by an https URL." }],
    ...more,
  });
}

/** EOVERRIDE: an override that npm refuses, or that a flat tree cannot hold. */
export function overrideRefused(message: string, more: Partial<Failure>): Failure {
  return failure("EOVERRIDE", message, more);
}

/** ERESOLVE: a dependency that the tree does not satisfy, in most cases a peer. */
export function unresolved(message: string, more: Partial<Failure>): Failure {
  return failure("ERESOLVE", message, more);
}

/** ENPMCRASH: npm itself crashes on this project. */
export function npmCrashes(why: string, more: Partial<Failure>): Failure {
  return failure("ENPMCRASH", `npm crashes on this project: ${why}.`, more);
}

/** ENONTERMINATING: in a flat tree, `id` would need a copy below itself, and that copy another one, without end. */
export function endlessCopies(id: string, more: Partial<Failure>): Failure {
  return failure(
    "ENONTERMINATING",
    `No node_modules can hold these copies: ${id} would nest below itself for ever.`,
    more,
  );
}

/** EIMPORTMAP: a page could not load the project with this import map. */
export function badImportMap(message: string, more: Partial<Failure>): Failure {
  return failure("EIMPORTMAP", message, more);
}

import type { Failure } from "../api/failure.ts";
import { failure } from "./failure.ts";

/** EABORTED: the caller cancelled the work. `name`: the package that the work was for. */
export function cancelled(name?: string): Failure {
  if (name === undefined) return failure("EABORTED", "The work was cancelled.");
  return failure("EABORTED", `The work on ${name} was cancelled.`, { package: name });
}

/** EDISPOSED: a method was called after `dispose`, or was still running then. */
export function disposed(owner: "installer" | "project"): Failure {
  return failure("EDISPOSED", `The ${owner} was disposed of. Make another one.`);
}

/** EUNREGISTERED: a fault of the library. No work is registered under `key`, so waiting for it would never end. */
export function unregistered(key: unknown): Failure {
  return failure("EUNREGISTERED", `No work is registered for ${key}.`);
}

import type { Failure } from "../api/failure.ts";
import { failure } from "./failure.ts";

/** EINVALIDPACKAGENAME. `problem` continues "the name …"; `spec` is the text that the name was found in. */
export function invalidPackageName(name: string, problem: string, spec?: string): Failure {
  const from = spec === undefined ? "" : ` of package "${spec}"`;
  const message = `Invalid package name "${name}"${from}: the name ${problem}.`;
  return failure("EINVALIDPACKAGENAME", message, {
    package: name,
    ...(spec !== undefined && { spec }),
  });
}

/** EINVALIDPACKUMENT: the registry's document on `name`, a package or one version of it, is not valid. */
export function invalidDocument(name: string, why: string, more?: Partial<Failure>): Failure {
  return failure("EINVALIDPACKUMENT", `The registry's document on ${name} is not valid: ${why}.`, more);
}

/** EFULLMETADATA: the run fetches full metadata, or, as a failure within the library, has to be repeated with it. */
export function needsFullMetadata(why: string, more?: Partial<Failure>): Failure {
  return failure("EFULLMETADATA", `The run fetched full metadata, because ${why}.`, more);
}

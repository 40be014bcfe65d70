import type { Failure } from "../api/failure.ts";
import { failure } from "./failure.ts";

/** EINVALIDPACKAGENAME: a folder or a tarball to add, whose package.json has no name. */
export function namelessPackage(spec: string): Failure {
  return failure("EINVALIDPACKAGENAME", `Cannot add ${spec}: its package.json is missing or has no name.`, { spec });
}

/** EJSONPARSE: the package at `source`, a folder or a tarball, has no package.json that can be read. */
export function noManifest(name: string, source: string): Failure {
  return failure("EJSONPARSE", `${name} (${source}) has no package.json that can be read.`, { package: name });
}

import type { Failure } from "../api/failure.ts";
import { failure, InstallError } from "./failure.ts";

/** EPATCHUNSAFE: the path of a patch leads out of the project. */
export function unsafePatch(path: string, name: string): InstallError {
  const message = `The patch ${path} of ${name} is not a path inside the project. Move the patch into the project.`;
  return new InstallError(failure("EPATCHUNSAFE", message, { package: name, details: { path } }));
}

/** EPATCHNOTFOUND: the project's files have no such patch. */
export function missingPatch(path: string, name: string): InstallError {
  const message = `The project's files have no patch ${path}, which ${name} needs. Pass the file, or remove its entry from patchedDependencies.`;
  return new InstallError(failure("EPATCHNOTFOUND", message, { package: name, details: { path } }));
}

/** EPATCHUNUSED: no package uses these entries of patchedDependencies. */
export function unusedPatches(keys: readonly string[]): Failure {
  const list = keys.slice(0, 20).map((key) => `"${key}"`);
  const message = `No installed package uses these entries of patchedDependencies: ${list.join(", ")}. Remove them, or set options.allowUnusedPatches.`;
  return failure("EPATCHUNUSED", message, {
    details: { unused: keys },
    wayOut: [{ kind: "option", text: "Set `allowUnusedPatches`.", option: "allowUnusedPatches" }],
  });
}

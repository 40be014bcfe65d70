import type { Json } from "../base/json.ts";

/** The keys that lead to a value; none for the whole file. */
export type OddPath = readonly (string | number)[];

/**
 * Returns the path of the first value on which npm stops in a package.json of the project or of a workspace, or null. npm takes an
 * array as an object, and ignores odd values of other fields. The project's `workspaces`, `overrides` and `devEngines` are checked
 * where they are read.
 */
export function oddPathOf(value: unknown, isWorkspace = false): OddPath | null {
  if (value === null || typeof value !== "object") return [];
  const manifest = value as Json;
  if (isWorkspace && manifest["name"] && typeof manifest["name"] !== "string") return ["name"];
  for (const section of ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"]) {
    const specs = manifest[section];
    if (specs && typeof specs === "string") return [section];
    const name = Object.keys(Object(specs)).find((each) => typeof (specs as Json)[each] !== "string");
    if (name !== undefined) return [section, name];
  }
  const list = ["os", "cpu", "libc"].find((each) => {
    const names = manifest[each];
    return names && typeof names !== "string" && !Array.isArray(names);
  });
  if (list) return [list];
  const { bin, directories } = manifest;
  const command = Array.isArray(bin) ? bin.findIndex((path) => typeof path !== "string") : -1;
  if (command >= 0) return ["bin", command];
  const folder: unknown = !bin && Object(directories)["bin"];
  return folder && typeof folder !== "string" ? ["directories", "bin"] : null;
}

import { isObject } from "../base/json.ts";
import { invalidInput, shortValue } from "../errors/invalid-option.ts";

const DEPENDENCIES = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];

/**
 * Refuses a package.json of the project that stops npm: one that is no object, a spec that is not text, a rule of `overrides` or a
 * `workspaces` that is null, a `directories.bin` that is not text. npm takes an array as an object.
 * @throws InstallError EINVALIDINPUT that names the file and the key
 */
export function checkManifestShape(value: unknown, file: string): void {
  if (value === null || typeof value !== "object") {
    throw invalidInput(`${file} must be an object, such as {}, not ${shortValue(value)}.`);
  }
  const manifest = value as Record<string, unknown>;
  const demand = (good: boolean, key: string, what: string): void => {
    if (!good) throw invalidInput(`${file}: ${key} must be ${what}.`);
  };
  for (const key of DEPENDENCIES) {
    const specs = manifest[key];
    demand(typeof specs !== "string" || specs === "", key, "an object of names and versions");
    if (specs === null || typeof specs !== "object") continue;
    for (const [name, spec] of Object.entries(specs)) demand(typeof spec === "string", `${key}["${name}"]`, "text");
  }
  demand(manifest["workspaces"] !== null, "workspaces", "a list of patterns, not null");
  const { overrides, directories } = manifest;
  if (isObject(overrides)) {
    for (const [name, rule] of Object.entries(overrides))
      demand(rule !== null, `overrides["${name}"]`, "text or rules");
  }
  if (isObject(directories) && !manifest["bin"]) {
    demand(!directories["bin"] || typeof directories["bin"] === "string", "directories.bin", "text");
  }
}

import { isObject } from "../base/json.ts";
import { INSTALL_SCRIPTS } from "./pack-index.ts";

/**
 * Returns the scripts that npm runs when it installs a package. A missing or damaged package.json has none. A `binding.gyp` counts as
 * the script `node-gyp rebuild`, unless the package has its own script or says `"gypfile": false`.
 * @param paths those of all files of the package
 */
export function installScripts(packageJson: Uint8Array | undefined, paths: readonly string[]): Record<string, string> {
  const manifest = packageJson ? parse(packageJson) : {};
  const given = isObject(manifest["scripts"]) ? manifest["scripts"] : {};
  const scripts: Record<string, string> = {};
  for (const event of INSTALL_SCRIPTS) {
    const script = given[event];
    if (typeof script === "string" && script !== "") scripts[event] = script;
  }
  const own = scripts["preinstall"] ?? scripts["install"];
  if (own === undefined && manifest["gypfile"] !== false && paths.includes("binding.gyp"))
    return { install: "node-gyp rebuild", ...scripts };
  return scripts;
}

function parse(bytes: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

// Loaded on demand: for a project with `devEngines`.

import { isObject } from "../base/json.ts";
import type { InstallError } from "../errors/failure.ts";
import { invalidInput, shortValue } from "../errors/invalid-option.ts";

const ENGINES = ["packageManager", "runtime", "cpu", "libc", "os"];
const PROPERTIES = ["name", "version", "onFail"];
const ON_FAIL: readonly unknown[] = ["ignore", "warn", "error", "download"];

/**
 * Refuses the `devEngines` of a project on which `npm install` stops because of their shape. Does not compare them with the
 * platform: they name the tools of the project's developers, and a page has none of them.
 * @throws InstallError EINVALIDINPUT that names the file and the key
 */
export function checkDevEngines(devEngines: unknown, file: string): void {
  const refused = (key: string, must: string): InstallError => invalidInput(`${file}: devEngines${key} must ${must}.`);
  if (!isObject(devEngines)) throw refused("", `be an object, not ${shortValue(devEngines)}`);
  for (const [engine, given] of Object.entries(devEngines)) {
    if (!ENGINES.includes(engine)) throw refused(`.${engine}`, `not exist. Use one of: ${ENGINES.join(", ")}`);
    for (const wanted of [given].flat()) {
      if (!isObject(wanted)) throw refused(`.${engine}`, `be an object with a name, not ${shortValue(wanted)}`);
      const unknown = Object.keys(wanted).find((key) => !PROPERTIES.includes(key));
      if (unknown !== undefined) throw refused(`.${engine}.${unknown}`, `not exist. Use: ${PROPERTIES.join(", ")}`);
      if (typeof wanted["name"] !== "string") throw refused(`.${engine}.name`, "be text");
      if ("onFail" in wanted && !ON_FAIL.includes(wanted["onFail"]))
        throw refused(`.${engine}.onFail`, `be one of ${ON_FAIL.join(", ")}`);
      if ("version" in wanted && typeof wanted["version"] !== "string") throw refused(`.${engine}.version`, "be text");
    }
  }
}

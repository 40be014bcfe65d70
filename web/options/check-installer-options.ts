// Loaded on demand: when an installer is created with one of these options.

import type { InstallerOptions } from "../../src/api/resolve.ts";
import { invalidOption } from "../../src/errors/invalid-option.ts";
import { httpUrl } from "../../src/registry/registry-config.ts";

/** The longest delay of a timer. A longer one would fire at once. */
const LONGEST_DELAY = 2 ** 31 - 1;

/**
 * Checks the limits on requests, and the options on trust. @throws InstallError EINVALIDOPTION that names the option and what it must be
 */
export function checkInstallerOptions(options: InstallerOptions): void {
  const {
    deadline = 1,
    minRate = 0,
    packumentLimit = 1,
    tokenUrls = [],
    projectConfig = true,
    storeName = "",
  } = options;
  const demand = (good: boolean, name: string, what: string): void => {
    if (!good) throw invalidOption(`options.${name} must be ${what}.`);
  };
  const isNumber = (value: unknown): value is number => typeof value === "number";
  const isDelay = isNumber(deadline) && deadline > 0 && deadline <= LONGEST_DELAY;
  demand(isDelay, "deadline", `a positive number, at most ${LONGEST_DELAY}`);
  demand(isNumber(minRate) && minRate >= 0 && minRate < Number.POSITIVE_INFINITY, "minRate", "0 or a positive number");
  demand(isNumber(packumentLimit) && packumentLimit > 0, "packumentLimit", "a positive number");
  // The messages do not repeat a URL: it may contain credentials.
  const areUrls = Array.isArray(tokenUrls) && tokenUrls.every((url) => typeof url === "string" && httpUrl(url));
  demand(areUrls, "tokenUrls", "a list of http or https URLs");
  demand(typeof storeName === "string", "storeName", "text");
  const areKeys = Array.isArray(projectConfig) && projectConfig.every((key) => typeof key === "string");
  demand(areKeys || typeof projectConfig === "boolean", "projectConfig", "a boolean or a list of keys");
}

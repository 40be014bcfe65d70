// Loaded on demand: when a project has an `.npmrc`, or a policy for scripts.

import type { Failure } from "../api/failure.ts";

/** ECONFIG: a problem of a setting that does not stop the run. */
export const warn = (message: string, wayOut: Failure["wayOut"] = [], file = ".npmrc"): Failure => ({
  code: "ECONFIG",
  message: `${file}: ${message}`,
  requiredBy: [],
  wayOut,
});

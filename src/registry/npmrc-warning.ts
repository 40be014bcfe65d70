// Loaded on demand: when a project has an `.npmrc`.

import type { Failure } from "../api/failure.ts";

/** ECONFIG: a problem of an `.npmrc` that does not stop the run. */
export const warn = (message: string, wayOut: Failure["wayOut"] = []): Failure => ({
  code: "ECONFIG",
  message: `.npmrc: ${message}`,
  requiredBy: [],
  wayOut,
});

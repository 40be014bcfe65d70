import type { ErrorCode } from "./error-code.ts";

/** One way out of a failure, for a reader and for a button. */
export type WayOut =
  | { kind: "override"; text: string; overrides: Record<string, string | Record<string, string>> }
  | { kind: "spec"; text: string; package: string; spec: string }
  | { kind: "option"; text: string; option: string }
  | { kind: "other"; text: string };

/** A package on the path from the project to the culprit: `location` is `""` for the project itself. */
export interface PathStep {
  location: string;
  name: string;
  version?: string;
  /** The spec by which this step wants the next one. */
  spec?: string;
  type?: string;
}

/**
 * Why something could not be done: plain data, safe to clone across threads.
 * `code` is npm's own code where npm has one.
 */
export interface Failure {
  code: ErrorCode;
  message: string;
  package?: string;
  spec?: string;
  /** Locations (npm's `node_modules/a/node_modules/b`, `""` for the project) of those that want it, nearest first. */
  requiredBy: string[];
  /** What was found instead. */
  found?: string;
  wayOut: WayOut[];
  /** For each dependent, the path from the project to it. */
  paths?: PathStep[][];
  /** What npm's own report carries (ERESOLVE: `edge`, `current`, `peerConflict`, …). */
  details?: Readonly<Record<string, unknown>>;
}

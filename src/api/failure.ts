import type { ErrorCode } from "./error-code.ts";

/** A change that would resolve a failure: `text` for a reader, the other members for a button that makes the change. */
export type WayOut =
  | { kind: "override"; text: string; overrides: Record<string, string | Record<string, string>> }
  | { kind: "spec"; text: string; package: string; spec: string }
  | { kind: "option"; text: string; option: string }
  | { kind: "other"; text: string };

/** A package on the path from the project to the package that failed. */
export interface PathStep {
  /** `node_modules/a/node_modules/b`; `""` is the project. */
  location: string;
  name: string;
  version?: string;
  /** The spec by which this package requires the next one. */
  spec?: string;
  /** The type of that dependency: `prod`, `peer`, … */
  type?: string;
}

/** The reason why something failed, or a warning: plain data that can be cloned and stored. docs/errors.md lists the codes. */
export interface Failure {
  code: ErrorCode;
  /** Says what happened, to which package or file, and what to do. */
  message: string;
  /** Name of the package that failed. */
  package?: string;
  /** The spec that was asked for. */
  spec?: string;
  /** Locations of the dependents, nearest first: `node_modules/a`; `""` is the project. */
  requiredBy: string[];
  /** The version, package or status that was found instead. */
  found?: string;
  /** Changes that would help, best first. */
  wayOut: WayOut[];
  /** For each dependent, the path from the project to it. */
  paths?: PathStep[][];
  /** Further data, by code (docs/errors.md). For `ERESOLVE`, npm's own report: `edge`, `current`, `peerConflict`, … */
  details?: Readonly<Record<string, unknown>>;
}

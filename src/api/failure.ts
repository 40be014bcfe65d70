/** Every code that a failure or a warning can carry; docs/errors.md explains each. npm's own code where npm has one. */
export type ErrorCode =
  /** An HTTP status: `E401`, `E403`, `E404`, `E500`, … */
  | `E${number}`
  | "EABORTED"
  | "EAFTEREXTRACT"
  | "EBADENGINE"
  | "EBADPLATFORM"
  | "ECASE"
  | "ECONFIG"
  | "EDEPRECATED"
  | "EDISPOSED"
  | "EDROPPED"
  | "EDUPLICATEWORKSPACE"
  | "EEXIST"
  | "EFOREIGN"
  | "EFULLMETADATA"
  | "EIMPORTMAP"
  | "EINCOMPLETELOCK"
  | "EINCOMPLETEMANIFEST"
  | "EINTEGRITY"
  | "EINTERNAL"
  | "EINVALIDALIAS"
  | "EINVALIDINPUT"
  | "EINVALIDLOCATION"
  | "EINVALIDLOCK"
  | "EINVALIDOPTION"
  | "EINVALIDPACK"
  | "EINVALIDPACKAGENAME"
  | "EINVALIDPACKUMENT"
  | "EINVALIDREGISTRY"
  | "EINVALIDSPEC"
  | "EINVALIDTAGNAME"
  | "EINVALIDURL"
  | "EISDIR"
  | "EJSONPARSE"
  | "ELOOP"
  | "EMEMORY"
  | "EMETHOD"
  | "EMISSINGTARGET"
  | "EMLINK"
  | "EMODE"
  | "ENEEDAUTH"
  | "ENOENT"
  | "ENOINTEGRITY"
  | "ENONTERMINATING"
  | "ENOSOLUTION"
  | "ENOTARBALLS"
  | "ENOTDIR"
  | "ENOTINTREE"
  | "ENOTLOADED"
  | "ENOTREACHED"
  | "ENOVERSIONS"
  | "ENOWORKSPACES"
  | "ENPMCRASH"
  | "EOFFLINE"
  | "EOLDLOCK"
  | "EOPTIONAL"
  | "EOVERRIDE"
  | "EPATH"
  | "EPROGRESS"
  | "EPROXIED"
  | "ERESOLVE"
  | "ES2023"
  | "ESINK"
  | "ESINKBUSY"
  | "ESINKPATH"
  | "ESTORE"
  | "ESTOREFULL"
  | "ETARGET"
  | "ETIMEDOUT"
  | "ETOODEEP"
  | "EUNKNOWN"
  | "EUNREACHABLE"
  | "EUNREGISTERED"
  | "EUNSUPPORTED"
  | "EUNSUPPORTEDPROTOCOL"
  | "EUPDATEARGS"
  | "EUPSTREAM"
  | "EUSAGE"
  | "EWORKER"
  | "EWORKSPACESCONFIG"
  | "TAR_ABORT"
  | "TAR_BAD_ARCHIVE"
  | "TAR_ENTRY_ERROR"
  | "TAR_ENTRY_UNSUPPORTED"
  | "ERR_INVALID_MODULE_SPECIFIER"
  | "ERR_INVALID_PACKAGE_CONFIG"
  | "ERR_INVALID_PACKAGE_TARGET"
  | "ERR_MODULE_NOT_FOUND"
  | "ERR_PACKAGE_IMPORT_NOT_DEFINED"
  | "ERR_PACKAGE_PATH_NOT_EXPORTED"
  | "ERR_UNKNOWN_BUILTIN_MODULE"
  | "ERR_UNSUPPORTED_DIR_IMPORT";

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

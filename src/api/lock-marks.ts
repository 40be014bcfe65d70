/** The patch that is applied to a package, as the lock has it. */
export interface PatchMark {
  /** sha512 SRI of the patch's bytes. */
  readonly integrity: string;
  /** Path of the patch, relative to the project. */
  readonly path: string;
}

/** The rule of `packageExtensions` that changed a package's manifest, and the names that it added to each field. */
export interface AppliedExtension {
  readonly selector: string;
  dependencies?: readonly string[];
  optionalDependencies?: readonly string[];
  peerDependencies?: readonly string[];
  peerDependenciesMeta?: readonly string[];
}

/** What a lock of version 4 says of a package besides its manifest. */
export interface LockMarks {
  readonly patched?: PatchMark | undefined;
  readonly packageExtensionsApplied?: unknown;
  readonly npmExtensionApplied?: unknown;
}

/** What the root's entry of a version 4 lock says of the rules that changed the other entries: their sha512 SRI. */
export interface LockHashes {
  readonly packageExtensionsHash?: string;
  readonly npmExtensionHash?: string;
}

/**
 * The content of a package.json after normalisation (npm-tree §1). Manifests from a registry have only the members that an installer
 * reads; those from files keep all their members.
 */
export interface Manifest {
  name?: string;
  version?: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
  acceptDependencies?: Record<string, string>;
  bundleDependencies?: string[];
  engines?: Record<string, string>;
  os?: string | string[];
  cpu?: string | string[];
  libc?: string | string[];
  license?: unknown;
  funding?: unknown;
  bin?: Record<string, string>;
  scripts?: Record<string, string>;
  deprecated?: unknown;
  workspaces?: unknown;
  overrides?: unknown;
  hasInstallScript?: boolean;
  hasShrinkwrap?: boolean;
  _hasShrinkwrap?: boolean;
  dist?: Dist;
  [key: string]: unknown;
}

/** A registry's data on a version's tarball. */
export interface Dist {
  /** URL. */
  tarball?: string;
  /** Hashes in SRI form: `sha512-…`. */
  integrity?: string;
  /** SHA-1, hexadecimal. Old versions have it instead of `integrity`. */
  shasum?: string;
  [key: string]: unknown;
}

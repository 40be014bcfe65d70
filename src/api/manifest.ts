/**
 * A `package.json`-shaped value after intake (npm-tree §1): what an installer reads, plus whatever else was there. Of a registry's
 * packuments most else is left out.
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

export interface Dist {
  tarball?: string;
  integrity?: string;
  shasum?: string;
  [key: string]: unknown;
}

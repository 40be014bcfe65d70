/** The machine that npm would run on. It is part of the input, because it decides which versions are picked. */
export interface Platform {
  /** As `process.platform`: `linux`, `darwin`, `win32`, … */
  os: string;
  /** As `process.arch`: `x64`, `arm64`, … */
  cpu: string;
  /** `glibc` or `musl`, on Linux. */
  libc?: string;
  /** Node's version without `v`: `20.20.2`. */
  node: string;
  /** npm's version, whose rules hold: `12.2.2`. */
  npm: string;
}

/** Files by `/`-separated path, relative to the root of the set. Text counts as UTF-8. */
export type FileMap = Readonly<Record<string, string | Uint8Array>>;

/** What a verified tarball holds, without its bytes. Arrays run in parallel, one place a file, in the archive's order. */
export interface PackIndex {
  /** sha512 SRI of the tarball as it came. */
  readonly integrity: string;
  /** Bytes that it inflates to; `starts` count in these. */
  readonly unpacked: number;
  /** Relative to the package, `/`-separated: `lib/a.js`. */
  readonly paths: readonly string[];
  readonly starts: Uint32Array;
  readonly sizes: Uint32Array;
  /** As npm sets them (`0o644`, `0o755`), but for what a `bin` adds. */
  readonly modes: Uint16Array;
  /** Of package.json: those that npm would run at an install. Empty where there are none. */
  readonly scripts: Readonly<Record<string, string>>;
}

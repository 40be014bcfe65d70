/** The machine a lock is made for: part of the input, since it decides which versions are picked. */
export interface Platform {
  os: string;
  cpu: string;
  libc?: string;
  /** Node's version without `v`, e.g. `20.20.2`. */
  node: string;
  npm: string;
}

/** Files by path relative to the set's root, `/`-separated. Text or bytes. */
export type FileMap = Readonly<Record<string, string | Uint8Array>>;

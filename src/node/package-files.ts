/** The file access that module resolution needs. Paths are relative to the project: `node_modules/react/index.js`. */
export interface PackageFiles {
  /** The version of Node whose rules apply. Without it, the newest known rules do. */
  readonly nodeVersion?: string | undefined;
  /** Returns the kind of a file, following links. */
  kind(path: string): "file" | "directory" | null;
  /** Returns a file's text, following links; a promise if its package is not in memory yet. */
  text(path: string): string | Promise<string>;
  /** Returns the path with all links followed. */
  realpath(path: string): string;
}

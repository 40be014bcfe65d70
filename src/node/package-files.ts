/** Files as module resolution looks at them: paths are relative to the project, `node_modules/react/index.js`. */
export interface PackageFiles {
  /** Links are followed. */
  kind(path: string): "file" | "directory" | null;
  /** Of a file: at once where its package is in memory, else once it is. Links are followed. */
  text(path: string): string | Promise<string>;
  /** Where the path really is, once links are followed. */
  realpath(path: string): string;
}

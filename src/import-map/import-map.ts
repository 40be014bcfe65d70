import type { Tree } from "../api.ts";
import type { ImportMap, ImportMapOptions } from "../flat-api.ts";

/** An import map for the packages that a page can reach from the project's own dependencies. */
export async function importMap(_tree: Tree, _options: ImportMapOptions): Promise<ImportMap> {
  throw new Error("not yet");
}

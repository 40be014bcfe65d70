import type { ResolveOptions } from "../api/resolve.ts";

/** npm's options that say which sources packages may come from, besides registries. */
export type SourceOptions = Pick<ResolveOptions, "allowGit" | "allowRemote" | "allowFile" | "allowDirectory">;

/** Checks whether an option forbids a source. Then `allowed-sources.ts` is needed. */
export function restrictsSources({ allowGit, allowRemote, allowFile, allowDirectory }: SourceOptions): boolean {
  return [allowGit, allowRemote, allowFile, allowDirectory].some((mode = "all") => mode !== "all");
}

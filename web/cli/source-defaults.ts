import type { InstallerOptions, ResolveOptions } from "../../src/api/resolve.ts";
import { loadNpmrc } from "../../src/registry/npmrc.ts";
import { npmRules } from "../../src/spec/npm-rules.ts";
import { DEFAULT_PLATFORM } from "../index.ts";
import type { ProjectOnDisk } from "./project-on-disk.ts";

type SourceDefaults = Pick<ResolveOptions, "allowGit" | "allowRemote">;

/**
 * Returns the defaults of `--allow-git` and `--allow-remote` that npm's own command has since version 12: `none`. The project's
 * .npmrc wins over them. The library's own default is `all`.
 */
export async function sourceDefaults(
  { files, root }: ProjectOnDisk,
  installer: InstallerOptions,
): Promise<SourceDefaults> {
  const npm = installer.platform?.npm ?? DEFAULT_PLATFORM.npm;
  if (!npmRules(npm).refusesGitAndUrls) return {};
  const text = files[root ? `${root}/.npmrc` : ".npmrc"];
  const { options } = await loadNpmrc(typeof text === "string" ? text : new TextDecoder().decode(text), installer);
  const { allowGit = "none", allowRemote = "none" } = options;
  return { allowGit, allowRemote };
}

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Platform } from "../../../src/api/common.ts";
import type { ResolveOptions } from "../../../src/api/resolve.ts";
import { openPack } from "../../conformance/pack.ts";
import { PLATFORM } from "../../conformance/recorded.ts";

export interface BenchProject {
  name: string;
  /** The package.json files of the project and its workspaces. */
  files: Record<string, string>;
  options: ResolveOptions;
  platform: Platform;
  /** npm's lock, if there is one. */
  expected: string | undefined;
}

/** Reads a project's folder. A suffix of its name sets an option: `-legacy-peer-deps`, `-nested`. */
export function folderProject(folder: string): BenchProject {
  const name = basename(folder);
  const read = (path: string): string => readFileSync(join(folder, path), "utf8");
  const files: Record<string, string> = { "package.json": read("package.json") };
  if ("workspaces" in JSON.parse(files["package.json"] ?? "{}")) {
    for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      const parts = path.split(/[\\/]/);
      if (parts.at(-1) === "package.json" && !parts.includes("node_modules")) files[parts.join("/")] = read(path);
    }
  }
  return {
    name,
    files,
    options: {
      ...(name.endsWith("-legacy-peer-deps") ? { legacyPeerDeps: true } : {}),
      ...(name.endsWith("-nested") ? { installStrategy: "nested" as const } : {}),
    },
    platform: PLATFORM,
    expected: existsSync(join(folder, "package-lock.json")) ? read("package-lock.json") : undefined,
  };
}

/** Reads the projects of a pack of recorded cases, which also holds their packuments. */
export async function packProjects(pack: string): Promise<BenchProject[]> {
  return (await openPack(readFileSync(pack))).map(({ name, project, options, platform, expected }) => {
    const files = Object.entries(project.files).flatMap(([path, text]) =>
      typeof text === "string" ? [[path, text] as const] : [],
    );
    const lock = expected.kind === "lock" ? expected.text : undefined;
    return { name, files: Object.fromEntries(files), options, platform, expected: lock };
  });
}

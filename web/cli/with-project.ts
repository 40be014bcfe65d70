import { resolve } from "node:path";
import type { Installer, ResolveOptions } from "../../src/api/resolve.ts";
import { type Args, resolveOptions } from "./args.ts";
import { type Io, installerOptions } from "./io.ts";
import { type ProjectFiles, readProject } from "./project-on-disk.ts";

/** A project of the disk, what the flags ask, and an installer for as long as the work lasts. */
export interface AtProject {
  /** Absolute. */
  dir: string;
  project: ProjectFiles;
  installer: Installer;
  options: ResolveOptions;
}

/** Reads the project in `dir` and works on it. @throws what reading it and the work throw */
export async function atProject<T>(
  { flags }: Args,
  { dir, io }: { dir: string; io: Io },
  work: (at: AtProject) => Promise<T>,
): Promise<T> {
  const options = resolveOptions(flags);
  const folder = resolve(io.cwd, dir);
  const project = await readProject(folder, options.add);
  const installer = await io.createInstaller(installerOptions(flags, io));
  try {
    return await work({ dir: folder, project, installer, options });
  } finally {
    installer.dispose();
    io.status?.("");
  }
}

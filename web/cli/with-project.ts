import { resolve } from "node:path";
import type { Installer, ResolveOptions } from "../../src/api/resolve.ts";
import { type Args, resolveOptionsFrom } from "./args.ts";
import { type Io, installerOptions } from "./io.ts";
import { type ProjectOnDisk, readProjectOnDisk } from "./project-on-disk.ts";

/** A project of the disk, what the flags ask, and an installer for as long as the work lasts. */
export interface OpenProject {
  /** Absolute. */
  dir: string;
  project: ProjectOnDisk;
  installer: Installer;
  options: ResolveOptions;
}

/** Reads the project in `dir` and works on it. @throws what reading it and the work throw */
export async function withProject<T>(
  { flags }: Args,
  { dir, io }: { dir: string; io: Io },
  work: (at: OpenProject) => Promise<T>,
): Promise<T> {
  const options = resolveOptionsFrom(flags);
  const folder = resolve(io.cwd, dir);
  const project = await readProjectOnDisk(folder, options.add);
  const installer = await io.createInstaller(installerOptions(flags, io));
  try {
    return await work({ dir: folder, project, installer, options });
  } finally {
    installer.dispose();
    io.status?.("");
  }
}

import { resolve } from "node:path";
import type { Installer, ResolveOptions } from "../../src/api/resolve.ts";
import { type Args, resolveOptionsFrom } from "./args.ts";
import { type Io, installerOptions } from "./io.ts";
import { type ProjectOnDisk, readProjectOnDisk } from "./project-on-disk.ts";
import { sourceDefaults } from "./source-defaults.ts";

/** A project read from the disk, the options from the flags, and an installer to work with. */
export interface OpenProject {
  /** Absolute path of the project's folder. */
  dir: string;
  project: ProjectOnDisk;
  installer: Installer;
  options: ResolveOptions;
}

/** Reads the project in `dir`, runs `work` on it and disposes of the installer. @throws the errors of reading and of `work` */
export async function withProject<T>(
  { flags }: Args,
  { dir, io }: { dir: string; io: Io },
  work: (open: OpenProject) => Promise<T>,
): Promise<T> {
  const given = resolveOptionsFrom(flags);
  const folder = resolve(io.cwd, dir);
  const project = await readProjectOnDisk(folder, flags.get("add") as string[] | undefined);
  const settings = installerOptions(flags, io);
  const options = { ...(await sourceDefaults(project, settings)), ...given };
  const installer = await io.createInstaller(settings);
  try {
    return await work({ dir: folder, project, installer, options });
  } finally {
    installer.dispose();
    io.status?.("");
  }
}

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../../../scripts/setup.mjs";

const HERE = import.meta.dirname;

/**
 * Returns the folder of an installed Verdaccio. The first call installs it by the lockfile beside this file, from the registry of this
 * machine's npm, which takes about 20 seconds. It is kept below `node_modules/.cache` until that lockfile changes.
 */
export async function ensureVerdaccio(): Promise<string> {
  const lock = await readFile(join(HERE, "package-lock.json"));
  const folder = join(
    ROOT,
    "node_modules/.cache",
    `verdaccio-${createHash("sha256").update(lock).digest("hex").slice(0, 12)}`,
  );
  if (await exists(folder)) return folder;
  // Renamed when it is complete, because the run may be ended meanwhile, or another one may do the same.
  const unfinished = `${folder}.${process.pid}`;
  await mkdir(unfinished, { recursive: true });
  for (const file of ["package.json", "package-lock.json", ".npmrc"])
    await copyFile(join(HERE, file), join(unfinished, file));
  await promisify(execFile)("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: unfinished });
  await rename(unfinished, folder).catch(() => rm(unfinished, { recursive: true, force: true }));
  return folder;
}

async function exists(folder: string): Promise<boolean> {
  return (await stat(folder).catch(() => undefined)) !== undefined;
}

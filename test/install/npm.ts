import { execFile } from "node:child_process";
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { FileMap } from "../../src/api/common.ts";
import { hashOf, type Listing } from "./listing.ts";

const run = promisify(execFile);

/** The result of an install by npm. */
export interface Left {
  listing: Listing;
  /** Text of `node_modules/.package-lock.json`. */
  hiddenLock: string;
}

/** A temporary folder that `dispose` removes. */
export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "webhoist-install-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export async function writeProject(folder: string, files: FileMap): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

/** Runs an npm command in `<home>/project`, with the configuration and cache of `home` and the variables of `more` only. */
export async function npm(
  home: string,
  registry: string,
  words: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", `--registry=${registry}`];
  const env = {
    PATH: process.env["PATH"],
    HOME: home,
    npm_config_userconfig: join(home, "npmrc"),
    npm_config_globalconfig: join(home, "globalrc"),
    npm_config_cache: join(home, "cache"),
    ...more,
  };
  await run("npm", [...words, ...flags], { cwd: join(home, "project"), env, maxBuffer: 1 << 28 });
}

/** Lists everything below the `node_modules` folders of a project on a disk. */
export async function listDisk(folder: string): Promise<Left> {
  const listing: Listing = {};
  const visit = async (path: string): Promise<void> => {
    for (const entry of await readdir(join(folder, path), { withFileTypes: true })) {
      const inside = path === "" ? entry.name : `${path}/${entry.name}`;
      const at = join(folder, inside);
      if (entry.isDirectory()) await visit(inside);
      else if (!inside.includes("node_modules/") || inside === HIDDEN_LOCK) continue;
      else if (entry.isSymbolicLink()) listing[inside] = `-> ${await readlink(at)}`;
      else listing[inside] = `${((await lstat(at)).mode & 0o777).toString(8)} ${await hashOf(await readFile(at))}`;
    }
  };
  await visit("");
  return { listing, hiddenLock: await readFile(join(folder, HIDDEN_LOCK), "utf8") };
}

const HIDDEN_LOCK = "node_modules/.package-lock.json";

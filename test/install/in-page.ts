import "../system/lifecycle/probe.ts";
import type { Failure } from "../../src/api/failure.ts";
import type { Installer, InstallerOptions } from "../../src/api/resolve.ts";
import { createInstaller, InstallError } from "../../web/index.ts";
import { createOpfsSink, createTreeSink } from "../../web/sinks.ts";
import { type Everywhere, installEverywhere } from "./everywhere.ts";
import { kills } from "./kill-page.ts";
import * as listing from "./listing.ts";
import { PROJECTS } from "./projects.ts";
import { readDamaged } from "./read-damaged.ts";
import { refuseAll } from "./refuse.ts";
import type { RealMode } from "./stage.ts";
import * as store from "./store-blobs.ts";

(globalThis as unknown as { patience: { factor: number } }).patience.factor = 1;

/** Converts an error to plain data. */
function toFailure(error: unknown): Failure {
  if (error instanceof InstallError) return JSON.parse(JSON.stringify(error.failure)) as Failure;
  const { name, message } = error as Error;
  return { code: name as Failure["code"], message, requiredBy: [], wayOut: [] };
}

/** One of the small projects: from its lock, or resolved in the page. */
interface SmallInstall {
  mode: RealMode;
  registry: string;
  name: string;
  lock: string;
  input: "lock" | "files";
}

/** The functions that tests call in a page. */
export const bench = {
  createInstaller,
  createTreeSink,
  createOpfsSink,
  ...listing,
  ...store,
  refuseAll,
  readDamaged,
  installEverywhere,
  kills,
  toFailure,
  /** The lock that the site serves. */
  async installLarge({ mode, registry }: Pick<SmallInstall, "mode" | "registry">): Promise<Everywhere> {
    const lock = await (await fetch("/lock")).text();
    const installer = await createInstaller({ mode, registry, workerUrl: "/worker.js" });
    const found = await installEverywhere(installer, lock);
    installer.dispose();
    return found;
  },
  async installSmall(given: SmallInstall): Promise<Everywhere> {
    const { mode, registry, name, lock, input } = given;
    const files = PROJECTS[name]?.files ?? {};
    const installer = await createInstaller({ mode, registry, workerUrl: "/worker.js" });
    const found = await installEverywhere(installer, input === "lock" ? lock : { files }, { files });
    installer.dispose();
    return found;
  },
  /** Values that a test keeps from one call to the next. */
  kept: {} as Record<string, unknown>,
  installer: undefined as unknown as Installer,
  async create(options: InstallerOptions): Promise<{ mode: string; modeReason: string }> {
    bench.installer = await createInstaller({ workerUrl: "/worker.js", ...options });
    const { mode, modeReason } = bench.installer;
    return { mode, modeReason };
  },
};

export type Bench = typeof bench;

Object.assign(globalThis, { bench });

import "../lifecycle/probe.ts";
import type { Installer, InstallerOptions } from "../../src/api.ts";
import type { Failure } from "../../src/errors.ts";
import { createInstaller, InstallError } from "../../web/index.ts";
import { createOpfsSink, createTreeSink } from "../../web/sinks.ts";
import * as listing from "./listing.ts";
import { readDamaged } from "./read-damaged.ts";
import { refuseAll } from "./refuse.ts";
import * as store from "./store-blobs.ts";

(globalThis as unknown as { patience: { factor: number } }).patience.factor = 1;

/** An error as data. */
function told(error: unknown): Failure {
  if (error instanceof InstallError) return JSON.parse(JSON.stringify(error.failure)) as Failure;
  const { name, message } = error as Error;
  return { code: name, message, requiredBy: [], wayOut: [] };
}

/** What tests do in a page. */
export const bench = {
  createInstaller,
  createTreeSink,
  createOpfsSink,
  ...listing,
  ...store,
  refuseAll,
  readDamaged,
  told,
  /** Anything that a test keeps from one call to the next. */
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

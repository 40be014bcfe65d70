import "../install/in-page.ts";
import "../system/lifecycle/in-page.ts";
import type { Bench } from "../install/in-page.ts";
import type { life } from "../system/lifecycle/in-page.ts";
import type { Probe } from "../system/lifecycle/probe.ts";
import { failures } from "./failures-page.ts";
import { recordedInMemory, recordedOverNetwork } from "./recorded-page.ts";
import { installArchives, installFiles } from "./sinks-page.ts";

// The functions that the tests of every browser call in a page: those of the Chromium tests, and a few more.

const scope = globalThis as unknown as { bench: Bench; life: typeof life; probe(): Probe };
const { bench } = scope;

/** What the browser lets a page do. */
export interface Abilities {
  isolated: boolean;
  sharedMemory: boolean;
  /** Whether a page may write files of its origin-private file system. */
  files: boolean;
}

async function canWriteFiles(): Promise<boolean> {
  try {
    const folder = await navigator.storage.getDirectory();
    const file = await folder.getFileHandle("probe", { create: true });
    await (await file.createWritable()).close();
    await folder.removeEntry("probe");
    return true;
  } catch {
    return false;
  }
}

const own = {
  life: scope.life,
  probe: scope.probe,
  abilities: async (): Promise<Abilities> => ({
    isolated: crossOriginIsolated,
    sharedMemory: typeof SharedArrayBuffer === "function",
    files: await canWriteFiles(),
  }),
  recordedInMemory,
  recordedOverNetwork,
  installArchives,
  installFiles,
  failures,
};

export type BrowserBench = Bench & typeof own;

Object.assign(bench, own);

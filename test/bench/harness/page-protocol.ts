import type { Platform } from "../../../src/api/common.ts";
import type { ResolveOptions, StoreUsage } from "../../../src/api/resolve.ts";
import type { FeedIndex, LoggedAsk } from "./registry-protocol.ts";

// The messages between the harness and the page under test. All of them are JSON.
export interface InstallerSettings {
  registry: string;
  mode: string;
  platform: Platform;
  io?: string;
  cache?: string;
  metadata?: string;
  concurrency?: number;
  tarballConcurrency?: number;
  extractWorkers?: number;
}

export interface ResolveJob {
  kind: "resolve";
  installer: InstallerSettings;
  project: { files: Record<string, string>; name: string };
  options: ResolveOptions;
}

/** The SHA-256 of each file by path, base64. */
export type FileSample = Readonly<Record<string, string>>;

export interface InstallJob {
  kind: "install";
  installer: InstallerSettings;
  /** The text of a lock, or a project to resolve first. */
  input: string | ResolveJob["project"];
  /** The options of its resolution. */
  options: ResolveOptions;
  /** The expected number of files. */
  files: number;
  /** The files to read and compare at the end. */
  sample: FileSample;
  /** The end of the timed part: the install, or `paths()` and the reading of the sample. */
  until: "installed" | "read";
}

export type Ask = Pick<LoggedAsk, "path" | "accept">;

/** The cache mode of a floor's requests. With `no-store` the browser keeps nothing, which is less work. */
export const FLOOR_CACHES = ["default", "no-store"] as const;
export type FloorCache = (typeof FLOOR_CACHES)[number];

/** Requests of one kind, with a limit on concurrent ones. */
export interface FloorPool {
  asks: readonly Ask[];
  inFlight: number;
}

export interface FloorJob {
  kind: "floor";
  registry: string;
  /** The cache mode of its requests. */
  cache: FloorCache;
  /** Pools of requests, which run concurrently. */
  pools: readonly FloorPool[];
}

export type PageJob = ResolveJob | InstallJob | FloorJob;

/** Milliseconds. */
export interface PageTimes {
  create: number;
  run: number;
}

export interface PageDetails {
  /** Long tasks (50 ms or more) that overlap the run, as the browser reports them. */
  longTasks: number[];
  /** The value of `installer.mode`. */
  mode: string | null;
  lock: string | null;
  stats: Record<string, unknown>;
  /** Bytes of the bodies that a floor has read. */
  bytes: number;
  installed: InstalledDetails | null;
}

/** The result of an install. */
export interface InstalledDetails {
  packages: number;
  files: number;
  bytes: number;
  /** Tarballs from the network and from the store. */
  fetched: number;
  stored: number;
  skipped: number;
  /** The codes of the warnings. */
  warnings: string[];
  /** Milliseconds from the start of the install until everything was stored. */
  storedMs: number;
  /** Milliseconds to read the sample. */
  readMs: number;
  /** The number of wrong files in the sample, plus the difference to the expected number of files. */
  wrong: number;
}

/** The global `bench` of the page. */
export interface BenchPage {
  /** Loads the code that the job needs, so that loading is not measured. */
  prepare(job: PageJob, feed: FeedIndex | null): Promise<void>;
  run(): Promise<PageTimes>;
  /** Resolves once an install is stored for the next visit. */
  stored(): Promise<void>;
  details(): Promise<PageDetails>;
  /** Resolves with the store's usage once it no longer changes, or with null if there is no store. */
  settled(): Promise<StoreUsage | null>;
  /** Writes an installed project into a `Map`. Returns milliseconds, or null if nothing is installed. */
  materialize(): Promise<number | null>;
  dispose(): void;
}

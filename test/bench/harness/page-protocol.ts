import type { Platform } from "../../../src/api/common.ts";
import type { ResolveOptions, StoreUsage } from "../../../src/api/resolve.ts";
import type { FeedIndex, LoggedAsk } from "./registry-protocol.ts";

/** What the page under test is told, and what it answers: all of it JSON. */
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

/** Files by path, with the SHA-256 of each, base64. */
export type FileSample = Readonly<Record<string, string>>;

export interface InstallJob {
  kind: "install";
  installer: InstallerSettings;
  /** A lock's text, or a project that is resolved first. */
  input: string | ResolveJob["project"];
  /** How to resolve it. */
  options: ResolveOptions;
  /** How many there are to be. */
  files: number;
  /** Read in the end, and compared. */
  sample: FileSample;
  /** When the clock stops: once all is installed, or once `paths()` has been called and the sample is read too. */
  until: "installed" | "read";
}

export type Ask = Pick<LoggedAsk, "path" | "accept">;

/** As a page fetches; or with nothing kept by the browser either, which is less work. */
export const FLOOR_CACHES = ["default", "no-store"] as const;
export type FloorCache = (typeof FLOOR_CACHES)[number];

/** Requests of one kind, so many at a time. */
export interface FloorPool {
  asks: readonly Ask[];
  inFlight: number;
}

export interface FloorJob {
  kind: "floor";
  registry: string;
  /** Whether answers go to the browser's own cache. */
  cache: FloorCache;
  /** All at once. */
  pools: readonly FloorPool[];
}

export type PageJob = ResolveJob | InstallJob | FloorJob;

/** Milliseconds. */
export interface PageTimes {
  create: number;
  run: number;
}

export interface PageDetails {
  /** Long tasks (50 ms or more) that reach into the run, as the browser reports them. */
  longTasks: number[];
  /** What `installer.mode` said. */
  mode: string | null;
  lock: string | null;
  stats: Record<string, unknown>;
  /** Of the bodies read, by the floor. */
  bytes: number;
  installed: InstalledDetails | null;
}

/** What an install came to. */
export interface InstalledDetails {
  packages: number;
  files: number;
  bytes: number;
  /** Tarballs: from the network, and from the store. */
  fetched: number;
  stored: number;
  skipped: number;
  /** Codes of warnings. */
  warnings: string[];
  /** From the start of the install until all was stored. */
  storedMs: number;
  /** Of the sample. */
  readMs: number;
  /** How many files of the sample are not what they should be, and how many there are too many or too few in all. */
  wrong: number;
}

/** What a page of the benchmark offers to `evaluate`. */
export interface BenchPage {
  /** Loads what the job needs, so that it is no part of the run. */
  prepare(job: PageJob, feed: FeedIndex | null): Promise<void>;
  run(): Promise<PageTimes>;
  /** Waits until an install is stored for the next visit. */
  stored(): Promise<void>;
  details(): Promise<PageDetails>;
  /** Waits until nothing is added to the store any more; null where there is none. */
  settled(): Promise<StoreUsage | null>;
  /** Writes an installed project into a `Map`: milliseconds; null where there is none. */
  materialize(): Promise<number | null>;
  dispose(): void;
}

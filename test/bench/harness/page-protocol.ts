import type { ResolveOptions } from "../../../src/api.ts";
import type { Platform } from "../../../src/ports.ts";
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
}

export interface ResolveJob {
  kind: "resolve";
  installer: InstallerSettings;
  project: { files: Record<string, string>; name: string };
  options: ResolveOptions;
}

export interface FloorJob {
  kind: "floor";
  registry: string;
  asks: readonly Pick<LoggedAsk, "path" | "accept">[];
  inFlight: number;
}

export type PageJob = ResolveJob | FloorJob;

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
}

export interface StoreUsage {
  bytes: number;
  packuments: number;
}

/** What a page of the benchmark offers to `evaluate`. */
export interface BenchPage {
  /** Loads what the job needs, so that it is no part of the run. */
  prepare(job: PageJob, feed: FeedIndex | null): Promise<void>;
  run(): Promise<PageTimes>;
  details(): Promise<PageDetails>;
  /** Waits until nothing is added to the store any more; null where there is none. */
  settled(): Promise<StoreUsage | null>;
  dispose(): void;
}

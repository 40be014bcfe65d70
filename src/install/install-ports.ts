import type { InstallProgress, UnpackLimits } from "../api/install.ts";
import type { ProjectInput, Resolution } from "../api/resolve.ts";
import type { FileSink, SinkLink } from "../api/sink.ts";
import type { PackCache } from "../pack-cache/pack-cache.ts";
import type { Extractor } from "./extractor.ts";
import type { PipelineLimits, PipelineOptions } from "./pack-pipeline.ts";
import type { InstallPlan } from "./plan.ts";

type AnySink = FileSink | Map<string, Uint8Array | SinkLink>;

/** What an install is handed. */
export interface InstallPorts {
  download: PipelineOptions["download"];
  extractor: Extractor;
  packCache: PackCache;
  limits: PipelineLimits & {
    /** Packages that are written at once. */
    writes: number;
    /** Bytes of inflated packs that are kept in memory. */
    room: number;
  };
  unpack: UnpackLimits;
  /** Milliseconds since anywhere. */
  now(): number;
  /** Calls `run` after so many milliseconds, unless taken back. */
  after(milliseconds: number, run: () => void): () => void;
  /** Lets others have the thread. */
  breathe(): Promise<void>;
  sinkOf(sink: AnySink): Promise<FileSink>;
  /** Something has changed. */
  progress?: ((progress: InstallProgress) => void) | undefined;
}

/** What is to be installed. */
export interface Target {
  /** Without these locations of optional packages, and what only they need. */
  plan(failed: ReadonlySet<string>): Generator<undefined, InstallPlan>;
  /** SRI of packs that it most likely names, at a glance: to be looked up while it is read. */
  glance(): string[];
  /** The lock's text, with the integrity of what had none. */
  lockfile(computed: ReadonlyMap<string, string>): string;
  hiddenLock(plan: InstallPlan): string;
  resolution: Resolution | null;
  /** The project's own files, where they are known. */
  files: ProjectInput["files"] | undefined;
  substitutes: Readonly<Record<string, string>>;
}

import type { InstallProgress, UnpackLimits } from "../api/install.ts";
import type { FileSink, SinkLink } from "../api/sink.ts";
import type { Clock } from "../base/spawn-local.ts";
import type { Outcome } from "../errors/failure.ts";
import type { PackCache } from "../pack-cache/pack-cache.ts";
import type { Extractor } from "./extractor.ts";
import type { SharedPacks } from "./pack-pipeline.ts";
import type { PackSource } from "./pack-source.ts";

/** The platform as an install needs it: network, threads, storage, time, and a listener for progress. */
export interface InstallPorts extends Clock {
  readonly downloads: TarballDownloads;
  readonly extractor: Extractor;
  readonly packCache: PackCache;
  readonly limits: InstallLimits;
  readonly unpack: UnpackLimits;
  readonly progress: ProgressListener | undefined;
  /** This install's access to the packs that the installs of an installer share. */
  readonly shared?: SharedPacks | undefined;
  /** Calls `run` after `milliseconds`. Returns a function that cancels the timer. */
  startTimer(milliseconds: number, run: () => void): () => void;
  /** Returns a sink as it is, and wraps a Map. @throws InstallError EINVALIDOPTION for anything else */
  toSink(sink: FileSink | Map<string, Uint8Array | SinkLink>): Promise<FileSink>;
}

export interface TarballDownloads {
  /** Downloads a tarball, past every cache if `fresh` is set. Never rejects. */
  get(source: PackSource, fresh: boolean): Promise<Outcome<DownloadedTarball>>;
}

export interface DownloadedTarball {
  bytes: Uint8Array;
  /** Bytes on the wire. */
  transferred: number;
  /** The integrity that the packument promises. It counts if the lock has none. */
  integrity?: string | null;
}

export interface ProgressListener {
  /** Is called at every change, and decides itself how often to pass one on. */
  report(progress: InstallProgress): void;
}

export interface InstallLimits {
  /** Concurrent downloads. */
  readonly downloads: number;
  /** Concurrent verifications, both running and queued at a worker. */
  readonly extractions: number;
  /** Bytes that may wait for verification. No further download starts above this. */
  readonly backlog: number;
  /** Packages written to a sink at the same time. */
  readonly writes: number;
  /** Bytes of inflated archives kept in memory. */
  readonly archiveBytes: number;
}

import type { Failure } from "../api/failure.ts";

/** The platform functions that both caches need. */
export interface CachePorts {
  /** Returns milliseconds since 1970. */
  now(): number;
  /** Calls `run` once after `milliseconds`. The returned function cancels the call. */
  after(milliseconds: number, run: () => void): () => void;
  /** Receives each warning once: ESTORE, ESTOREFULL. */
  warn(failure: Failure): void;
}

const DAY = 86_400_000;

/** Returns the number of whole days from 1970 to `now` (milliseconds). */
export const dayOf = (now: number): number => Math.floor(now / DAY);

import { setTimeout as after } from "node:timers/promises";
import { random } from "../../support/registry/arrival.ts";
import type { Profile } from "./registry-protocol.ts";

/** Milliseconds: the delay of every answer of the mirror, the mean of the additional delay, and the most. */
const MIRROR = { least: 15, mean: 30, most: 400 };
/** One in this many bodies of the mirror is sent in pieces: the number of pieces, and the longest pause between two. */
const SLOW = { oneIn: 8, pieces: 4, pause: 30 };

/** The timing of one answer. */
export interface Pace {
  wait: number;
  /** Pauses between the pieces of its body. */
  pauses: number[];
}

/** Returns the same sequence of timings in every run. The order of arrival decides which request gets which. */
export function paces(latency: number, profile: Profile): () => Pace {
  if (profile === "plain") return () => ({ wait: latency, pauses: [] });
  const next = random(1);
  return () => {
    const wait = latency + Math.min(MIRROR.least - Math.log(1 - next()) * MIRROR.mean, MIRROR.most);
    const slow = next() < 1 / SLOW.oneIn;
    return { wait, pauses: slow ? Array.from({ length: SLOW.pieces - 1 }, () => next() * SLOW.pause) : [] };
  };
}

/** Writes `body` in pieces. Returns the last piece, which the caller writes. */
export async function inPieces(
  body: Uint8Array,
  { pauses }: Pace,
  write: (piece: Uint8Array) => unknown,
): Promise<Uint8Array> {
  const size = Math.ceil(body.length / (pauses.length + 1));
  let rest = body;
  for (const pause of pauses) {
    write(rest.subarray(0, size));
    rest = rest.subarray(size);
    await after(pause);
  }
  return rest;
}

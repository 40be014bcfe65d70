import { setTimeout as after } from "node:timers/promises";
import { random } from "../../support/registry/arrival.ts";
import type { Profile } from "./registry-protocol.ts";

/** Milliseconds: what every answer of the mirror waits, the mean of what comes on top, and the most. */
const MIRROR = { least: 15, mean: 30, most: 400 };
/** Of the mirror's bodies one in so many comes in this many pieces, with up to so many milliseconds between two. */
const SLOW = { oneIn: 8, pieces: 4, pause: 30 };

/** How one answer is given. */
export interface Pace {
  wait: number;
  /** Pauses between the pieces of its body. */
  pauses: number[];
}

/** The same sequence in every run, though which request gets which is the network's doing. */
export function paces(latency: number, profile: Profile): () => Pace {
  if (profile === "plain") return () => ({ wait: latency, pauses: [] });
  const next = random(1);
  return () => {
    const wait = latency + Math.min(MIRROR.least - Math.log(1 - next()) * MIRROR.mean, MIRROR.most);
    const slow = next() < 1 / SLOW.oneIn;
    return { wait, pauses: slow ? Array.from({ length: SLOW.pieces - 1 }, () => next() * SLOW.pause) : [] };
  };
}

/** Gives `body` to `write` in the pieces of its pace; the last one is left to the caller. */
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

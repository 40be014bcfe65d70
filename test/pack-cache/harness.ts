import { createHash } from "node:crypto";
import type { Failure } from "../../src/api/failure.ts";
import type { BlobStore } from "../../src/blobs/blob-store.ts";
import type { CachedPack, PackCache } from "../../src/pack-cache/pack-cache.ts";
import type { PackCachePorts } from "../../src/pack-cache/pack-writer.ts";
import { StoredPackCache } from "../../src/pack-cache/stored-pack-cache.ts";
import { Clock } from "../metadata-cache/harness.ts";

export interface Tab {
  packCache: PackCache;
  warnings: Failure[];
}

export interface Shared {
  blobs: BlobStore;
  clock?: Clock;
  budget?: number;
  batch?: number;
}

/** Opens the cache of one tab over the blobs that all tabs share. */
export function openTab({ blobs, clock = new Clock(), budget = 1e9, batch = 16 << 20 }: Shared): Tab {
  const warnings: Failure[] = [];
  const ports: PackCachePorts = {
    now: () => clock.now,
    after: clock.after,
    turn: async () => {},
    budget: async () => budget,
    warn: (failure) => warnings.push(failure),
    batch,
  };
  return { packCache: new StoredPackCache(blobs, ports), warnings };
}

/** Returns bytes that depend only on the name. */
export function bytesOf(name: string, size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let seed = [...name].reduce((sum, letter) => Math.imul(sum, 31) + letter.charCodeAt(0), 7);
  for (let at = 0; at < size; at++) {
    seed = Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d) + at;
    bytes[at] = seed >>> 24;
  }
  return bytes;
}

const sri = (algorithm: string, bytes: Uint8Array): string =>
  `${algorithm}-${createHash(algorithm).update(bytes).digest("base64")}`;

export interface MadePack extends CachedPack {
  readonly sha1: string;
}

/** Returns a pack with its true hashes, in new buffers. Packs whose name starts with a vowel have seek points. */
export function packOf(name: string, size = 100): MadePack {
  const tarball = bytesOf(name, size);
  const sha1 = sri("sha1", tarball);
  const seekPoints = /^[aeiou]/.test(name) ? async () => bytesOf(`seek points ${name}`, 10) : undefined;
  const index = bytesOf(`index ${name}`, 20);
  return { integrity: sri("sha512", tarball), aliases: [sha1], sha1, tarball, index, seekPoints };
}

/** Returns whether the cache has a pack. @throws if it returns wrong bytes */
export async function stateOf(packCache: PackCache, pack: MadePack): Promise<"whole" | "none"> {
  const found = await packCache.find([pack.integrity]);
  const read = await packCache.read([pack.integrity]);
  const entry = found.get(pack.integrity);
  const tarball = read.get(pack.integrity);
  if (tarball && !Buffer.from(tarball).equals(pack.tarball)) throw new Error("other bytes");
  if (entry && (entry.integrity !== pack.integrity || !Buffer.from(entry.index).equals(pack.index)))
    throw new Error("another index");
  return entry && tarball ? "whole" : "none";
}

/** Lets time pass until `work` is done. */
export async function whileTimePasses<T>(work: Promise<T>, clock: Clock, step = 100): Promise<T> {
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.pass(step);
  }
  return await done;
}

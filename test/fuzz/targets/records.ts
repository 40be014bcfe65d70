import { deflateSync, inflateSync } from "node:zlib";
import { InstallError } from "../../../src/errors/failure.ts";
import { readIndex, writeIndex } from "../../../src/metadata-cache/cache-index.ts";
import { packGroup, unpackGroup } from "../../../src/metadata-cache/group.ts";
import { readDirectory, writeDirectory } from "../../../src/pack-cache/directory.ts";
import { readList, writeList } from "../../../src/pack-cache/pack-list.ts";
import { inflateRange } from "../../../src/pack-cache/range-read.ts";
import { rangeReadsOf, readSeekPoints, writeSeekPoints } from "../../../src/pack-cache/seek-points.ts";
import { condense } from "../../../src/registry/condense.ts";
import { Packument } from "../../../src/registry/packument.ts";
import { incompressibleStart, isRecord } from "../../../src/registry/record-check.ts";
import { encodePackIndex, readPackIndex } from "../../../src/tarball/pack-index.ts";
import { portsOf } from "../../metadata-cache/harness.ts";
import { mutateBytes } from "../byte-mutation.ts";
import { BrokenLaw, faultOf } from "../laws.ts";
import type { Random } from "../random.ts";
import { randomWorlds } from "../seeds.ts";
import type { Target } from "../target.ts";
import type { Value } from "../value.ts";

// Stored blobs: read whole, cut off, changed, and with a right checksum over changed content.

const ports = {
  ...portsOf({}),
  deflate: async (bytes: Uint8Array) => deflateSync(bytes),
  inflate: async (bytes: Uint8Array) => inflateSync(bytes),
};
const records = randomWorlds.slice(0, 40).flatMap(({ packuments }) =>
  Object.entries(packuments).map(([name, text]) => ({
    name,
    record: condense(name, new TextEncoder().encode(text)),
    fetchedAt: 1,
    etag: "x",
  })),
);
const integrity = `sha512-${"A".repeat(86)}==`;
const index = encodePackIndex({
  integrity,
  unpacked: 4096,
  paths: ["package.json", "lib/a.js", "é"],
  starts: Uint32Array.of(512, 1024, 2048),
  sizes: Uint32Array.of(10, 20, 30),
  modes: Uint16Array.of(0o644, 0o755, 0o644),
  scripts: { install: "x" },
});
const tarball = new Uint8Array(64).fill(7);

const BLOBS: Readonly<Record<string, Uint8Array>> = {
  record: records[0]?.record as Uint8Array,
  index,
  group: await packGroup(records.slice(0, 3), ports),
  entries: writeIndex({
    groups: new Map([[1, { batch: 1, bytes: 10, count: 1, used: 1 }]]),
    entries: new Map([["a", { group: 1, fetchedAt: 1, etag: "x" }]]),
  }),
  list: writeList([{ integrity, length: 64, crc: 1, index }]),
  directory: writeDirectory({ segments: new Map(), aliases: new Map() } as Parameters<typeof writeDirectory>[0]),
  points: writeSeekPoints([{ byte: 10, bit: 1, at: 0, window: new Uint8Array(8) }], 4096, tarball),
};

/** Writes the checksum anew, so that the reader looks at the content. Its algorithm is that of src/blobs/seal.ts. */
function sealAgain(blob: Uint8Array): Uint8Array {
  const padded = new Uint8Array(Math.max(8, (blob.length + 3) & ~3)).fill(32);
  padded.set(blob);
  const words = new Uint32Array(padded.buffer);
  let sum = words.length;
  for (let at = 2; at < words.length; at++) {
    sum = Math.imul(sum ^ (words[at] as number), 0x9e3779b1);
    sum ^= sum >>> 15;
  }
  words[1] = sum >>> 0;
  return padded;
}

/** Records of packuments, and the blobs of both caches. */
export const stored: Target = {
  name: "stored",
  perTest: 4000,
  make(random: Random): Value {
    const kind = random.pick(Object.keys(BLOBS));
    const from = kind === "record" ? random.pick(records).record : (BLOBS[kind] as Uint8Array);
    const bytes = mutateBytes(from, random);
    return {
      kind,
      bytes: kind === "record" || kind === "index" || random.once(4) ? bytes : sealAgain(keepMagic(bytes, from)),
    };
  },
  async run(input) {
    const { kind, bytes } = input as { kind: string; bytes: Uint8Array };
    if (kind === "index") void readPackIndex(bytes)?.paths;
    else if (kind === "record") useRecord(bytes);
    else if (kind === "group")
      for (const record of (await unpackGroup(bytes, ports))?.values() ?? []) useRecord(record);
    else if (kind === "entries") readIndex(bytes);
    else if (kind === "list") readList(bytes);
    else if (kind === "directory") readDirectory(bytes);
    else await useSeekPoints(bytes);
  },
};

function keepMagic(bytes: Uint8Array, from: Uint8Array): Uint8Array {
  bytes.set(from.subarray(0, Math.min(4, bytes.length)));
  return bytes;
}

/** Reads a range with seek points that may be wrong: null is right, an exception is not. */
async function useSeekPoints(blob: Uint8Array): Promise<void> {
  const points = readSeekPoints(blob, tarball);
  if (!points) return;
  const { rangeReads } = rangeReadsOf(points, tarball, [
    [0, 10],
    [100, 200],
  ]);
  for (const read of rangeReads) for (const _ of inflateRange(read));
}

function useRecord(record: Uint8Array): void {
  if (!isRecord(record)) return;
  incompressibleStart(record);
  const packument = new Packument("a", record);
  const reads = [
    () => packument.distTags,
    () => packument.versionKeys().map((key) => packument.manifest(key)),
    () => Array.from(packument.sorted(), (entry) => packument.manifestAt(entry)),
    () => Array.from(packument.releases(), (entry) => packument.versionOf(entry)),
    () => packument.time("1.0.0"),
    () => packument.restrictionMessage,
  ];
  for (const read of reads) {
    try {
      read();
    } catch (error) {
      if (!(error instanceof InstallError)) throw error;
      const fault = faultOf(error.failure);
      if (fault) throw new BrokenLaw(fault);
    }
  }
}

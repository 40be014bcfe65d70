import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { fail, failure, ok } from "../../src/errors/failure.ts";
import type { InstallPorts } from "../../src/install/install-ports.ts";
import { Operations } from "../../src/install/operations.ts";
import { packSource } from "../../src/install/pack-source.ts";
import { Packs } from "../../src/install/packs.ts";
import { createMemoryPackCache } from "../../src/pack-cache/memory-pack-cache.ts";
import { encodePackIndex, type PackIndex, readPackIndex } from "../../src/tarball/pack-index.ts";
import { UNPACK_LIMITS } from "../../src/tarball/unpack-limits.ts";
import { localExtractor } from "../../workers/host/local-extractor.ts";
import { testPackage } from "./packages.ts";

// A pack cache whose index is a lie: everything in it is well-formed, and its sums are right.

const A = testPackage(
  "a@1.0.0",
  { scripts: { postinstall: "node x.js" } },
  { "index.js": "good", "test/evil.js": "evil", "z.js": "zz" },
);
const OTHER = testPackage("other@1.0.0", {}, { "index.js": "other" });
const sha1 = `sha1-${createHash("sha1").update(A.bytes).digest("base64")}`;

interface Opening {
  verifyStored: boolean;
  tarball?: Uint8Array;
  integrity?: string;
  online?: boolean;
}

/** Installs `a` from a cache with a changed index or tarball. */
async function open(lie: (index: PackIndex) => Partial<PackIndex>, opening: Opening) {
  const { verifyStored, tarball = A.bytes, integrity = A.integrity, online = false } = opening;
  const extractor = localExtractor();
  const limits = UNPACK_LIMITS;
  const request = { name: "a", url: "u", integrity: A.integrity, limits, archive: false };
  const extracted = await extractor.extract(A.bytes.slice(), request);
  if (!extracted.ok) throw new Error(extracted.failure.message);
  const right = readPackIndex(extracted.value.index)!;
  const { unpacked, paths, starts, sizes, modes, scripts } = right;
  const all = { integrity: A.integrity, unpacked, paths, starts, sizes, modes, scripts };
  const packCache = createMemoryPackCache(1 << 20);
  const index = encodePackIndex({ ...all, ...lie(right) });
  packCache.add({ integrity: A.integrity, aliases: [sha1], tarball, index });
  let downloads = 0;
  const ports: InstallPorts = {
    downloads: {
      get: async () => {
        downloads++;
        return online ? ok({ bytes: A.bytes.slice(), transferred: 1 }) : fail(failure("EUNREACHABLE", "offline"));
      },
    },
    extractor,
    packCache,
    limits: { downloads: 1, extractions: 1, backlog: 1 << 20, writes: 1, archiveBytes: 0 },
    unpack: limits,
    progress: undefined,
    now: () => 0,
    nextTurn: async () => {},
    startTimer: () => () => {},
    toSink: async () => {
      throw new Error("not needed");
    },
  };
  const packs = new Packs(ports, { archives: false, verifyStored, operations: new Operations(ports.now) });
  const source = packSource({ name: "a", version: "1.0.0", url: "u", integrity });
  await packs.want([source]);
  const pack = await packs.get(source);
  if (!pack.ok) return { code: pack.failure.code, downloads };
  await packs.store();
  const known = pack.value.index;
  const at = known.paths.indexOf("index.js");
  const [start, size] = [known.starts[at] as number, known.sizes[at] as number];
  const text = new TextDecoder().decode(await packs.reader.read(known, [start, start + size]));
  return { text, scripts: known.scripts, paths: known.paths, downloads };
}

const LIES: readonly (readonly [string, (index: PackIndex) => Partial<PackIndex>])[] = [
  ["nothing", () => ({})],
  ["one file as another", ({ paths }) => ({ paths: swapped(paths) })],
  ["no scripts", () => ({ scripts: {} })],
  ["another script", () => ({ scripts: { install: "rm" } })],
  ["a file that is not there", ({ paths }) => ({ paths: paths.map((path) => path.replace("z.js", "y.js")) })],
  [
    "a file less",
    () => ({ paths: ["index.js"], starts: Uint32Array.of(0), sizes: Uint32Array.of(9), modes: Uint16Array.of(0o644) }),
  ],
  ["no files", () => ({ paths: [], starts: new Uint32Array(), sizes: new Uint32Array(), modes: new Uint16Array() })],
  ["other offsets", ({ starts }) => ({ starts: starts.map((start) => start - 512) })],
  ["other sizes", ({ sizes }) => ({ sizes: sizes.map((size) => size - 1) })],
  ["other modes", ({ modes }) => ({ modes: modes.map(() => 0o755) })],
  ["more bytes than there are", ({ unpacked }) => ({ unpacked: unpacked + 512 })],
  ["a huge size", () => ({ unpacked: 2 ** 32 - 1 })],
  ["another tarball's hash", () => ({ integrity: OTHER.integrity })],
];

function swapped(paths: readonly string[]): string[] {
  const names: Record<string, string> = { "index.js": "test/evil.js", "test/evil.js": "index.js" };
  return paths.map((path) => names[path] ?? path);
}

const right = async () => open(() => ({}), { verifyStored: false });

test.each(LIES)("with `verifyStored` the tarball's own index is used, without a download: %s", async (_, lie) => {
  for (const integrity of [A.integrity, sha1]) {
    const found = await open(lie, { verifyStored: true, integrity });
    expect(found).toEqual(await right());
  }
});

test("with `verifyStored` a tarball that is another is fetched before its index is used", async () => {
  for (const integrity of [A.integrity, sha1]) {
    const stored = { verifyStored: true, tarball: OTHER.bytes, integrity };
    const found = await open(() => ({}), { ...stored, online: true });
    expect(found).toMatchObject({ text: "good", scripts: { postinstall: "node x.js" } });
    expect(found.downloads).toBeGreaterThan(0);
    expect(await open(() => ({}), stored)).toEqual({ code: "EUNREACHABLE", downloads: 1 });
  }
});

test("an index with a wrong size makes the tarball be fetched again, and is not final", async () => {
  const lie = ({ unpacked }: PackIndex) => ({ unpacked: unpacked + 512 });
  const found = await open(lie, { verifyStored: false, online: true });
  expect(found).toEqual({ ...(await right()), downloads: 1 });
});

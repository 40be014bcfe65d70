import type { InstallOptions } from "../../src/api/install.ts";
import type { SinkLink } from "../../src/api/sink.ts";
import { readDirectory } from "../../src/pack-cache/directory.ts";
import { readList, writeList } from "../../src/pack-cache/pack-list.ts";
import { crc32 } from "../../src/tarball/crc32.ts";
import { encodePackIndex, readPackIndex } from "../../src/tarball/pack-index.ts";
import { createInstaller, InstallError } from "../../web/index.ts";
import { noise, prose } from "../tarball/bad-tarballs.ts";
import { differences, type Listing, listMap, listProject, plain } from "./listing.ts";
import { lockEntry, lockOf, type TestPackage, testPackage } from "./packages.ts";
import type { RealMode } from "./stage.ts";
import { blobs, deleteBlob, putBlob } from "./store-blobs.ts";

// Runs in a page: a pack cache with damaged blobs.

export const STORED: readonly TestPackage[] = [
  testPackage("a@1.0.0", {}, { "a.js": "a".repeat(3000) }),
  testPackage("b@1.0.0", { bin: "b.js" }, { "b.js": "#!/usr/bin/env node\n" }),
  testPackage("large@1.0.0", {}, { "noise.bin": noise(80_000) }),
  testPackage("huge@1.0.0", {}, { "a.js": prose(400_000), "b.js": prose(300_000), "c.js": prose(100) }),
];

type Bytes = Uint8Array<ArrayBuffer>;
const changed = (bytes: Bytes, change: (copy: Bytes) => void): Bytes => {
  const copy = bytes.slice();
  change(copy);
  return copy;
};
const flip = (at: number) => (bytes: Bytes) =>
  changed(bytes, (copy) => (copy[at < 0 ? copy.length + at : at]! ^= 0x20));

/** The name of the last package. */
const LAST = "node_modules/huge/c.js";

/** Ways to damage one blob. */
const DAMAGES: Record<string, (bytes: Bytes) => unknown> = {
  "a byte at its start": flip(0),
  "a byte in the middle": (bytes) => flip(bytes.length >> 1)(bytes),
  "its last byte": flip(-1),
  "cut in half": (bytes) => bytes.slice(0, bytes.length >> 1),
  "a byte longer": (bytes) => changed(new Uint8Array(bytes.length + 1), (copy) => copy.set(bytes)),
  empty: () => new Uint8Array(),
  zeros: (bytes) => new Uint8Array(bytes.length),
  "no bytes but a text": () => "nothing",
  gone: () => undefined,
};

/** The kinds of blobs by the letter in their keys: directory, list, pack, and seek points of a large pack. */
const KINDS = { directory: /^1 d/, list: /^1 i/, pack: /^1 p/, seekPoints: /^1 w/ };

async function damageEach(kind: RegExp, damage: (bytes: Bytes) => unknown): Promise<void> {
  const some = [...(await blobs())].filter(([key]) => kind.test(key));
  if (some.length === 0) throw new Error(`nothing is stored under ${kind}`);
  for (const [key, value] of some) {
    const made = damage(value as Bytes);
    if (made === undefined) await deleteBlob(key);
    else await putBlob(key, made);
  }
}

/** Swaps the bytes of two packs, with a list that claims they are right. */
async function exchange(inList: boolean): Promise<void> {
  const all = await blobs();
  const keys = [...all.keys()].filter((key) => KINDS.pack.test(key));
  const packs = keys.map((key) => all.get(key) as Bytes);
  for (const [i, key] of keys.entries()) await putBlob(key, packs[(i + 1) % packs.length]);
  if (!inList) return;
  const segment = [...(readDirectory(all.get("1 d") as Bytes)?.segments.keys() ?? [])][0];
  const key = `1 i ${segment}`;
  const list = readList(all.get(key) as Bytes) ?? [];
  const lies = list.map((pack, i) => {
    const { length } = packs[(i + 1) % packs.length] as Bytes;
    return { ...pack, length, crc: crc32(packs[(i + 1) % packs.length] as Bytes) };
  });
  await putBlob(key, writeList(lies));
}

/** Gives every pack the index of another. */
async function exchangeIndexes(): Promise<void> {
  const all = await blobs();
  const key = [...all.keys()].find((each) => KINDS.list.test(each)) ?? "";
  const list = readList(all.get(key) as Bytes) ?? [];
  await putBlob(key, writeList(list.map((pack, i) => ({ ...pack, index: list[(i + 1) % list.length]!.index }))));
}

/** Gives the files of every pack each other's names, and leaves out the scripts. */
async function renameFiles(): Promise<void> {
  const all = await blobs();
  const key = [...all.keys()].find((each) => KINDS.list.test(each)) ?? "";
  const list = readList(all.get(key) as Bytes) ?? [];
  const lies = list.map((pack) => {
    const { integrity, unpacked, paths, starts, sizes, modes } = readPackIndex(pack.index)!;
    const lie = { integrity, unpacked: unpacked + 512, paths: [...paths].reverse(), starts, sizes, modes, scripts: {} };
    return { ...pack, index: encodePackIndex(lie) };
  });
  await putBlob(key, writeList(lies));
}

interface Trial {
  name: string;
  /** Whether it damages the large pack with seek points, which is slow to read. */
  isLarge?: boolean;
  damage(): Promise<void>;
  options?: InstallOptions;
}

const TRIALS: readonly Trial[] = [
  ...Object.entries(KINDS).flatMap(([kind, pattern]) =>
    Object.entries(DAMAGES).map(([name, damage]) => ({
      name: `${kind}: ${name}`,
      isLarge: kind === "seekPoints",
      damage: () => damageEach(pattern, damage),
    })),
  ),
  { name: "intact seek points", isLarge: true, damage: async () => {} },
  { name: "packs exchanged", damage: () => exchange(false) },
  {
    name: "packs exchanged, and the list says so, checked in full",
    damage: () => exchange(true),
    options: { verifyStored: true },
  },
  { name: "indexes exchanged", damage: exchangeIndexes },
  { name: "files renamed, checked in full", damage: renameFiles, options: { verifyStored: true } },
];

export interface DamagedReading {
  mode: RealMode;
  registry: string;
}

/** Returns the problems: a read must give the right bytes or fail. */
export async function readDamaged({ mode, registry }: DamagedReading): Promise<string[]> {
  const wrong: string[] = [];
  const entries = STORED.map((one) => [`node_modules/${one.name}`, lockEntry(one, registry)] as const);
  const [small, large] = [entries.slice(0, -1), entries.slice(-1)].map((some) => lockOf(Object.fromEntries(some)));
  const rights = new Map<string, Listing>();
  for (const [i, { name, isLarge, damage, options = {} }] of TRIALS.entries()) {
    const lock = (isLarge ? large : small) as string;
    for (const when of ["before the install", "before the reading"] as const) {
      for (const online of [true, false]) {
        // In modes with workers a part of the cases is enough, because the cache is read by the same code in every mode.
        if (mode !== "inline" && (i % 3 !== 1 || !online || when !== "before the install")) continue;
        const report = (what: string): void =>
          void wrong.push(`${mode}, ${name}, ${when}, ${online ? "on" : "off"}line: ${what}`);
        const first = await createInstaller({ mode, registry, workerUrl: "/worker.js" });
        await first.store.clear();
        const project = await first.install(lock);
        const right = rights.get(lock) ?? (await listProject(project));
        rights.set(lock, right);
        await project.stored;
        first.dispose();
        const network = (...args: Parameters<typeof fetch>): Promise<Response> =>
          online ? fetch(...args) : Promise.reject(new TypeError("off line"));
        const second = await createInstaller({ mode, registry, workerUrl: "/worker.js", fetch: network, retries: 0 });
        const map = new Map<string, Uint8Array | SinkLink>();
        try {
          if (when === "before the install") await damage();
          const again = await second.install(lock, when === "before the install" ? { ...options, sink: map } : options);
          if (when === "before the reading") await damage();
          // A single file near the end is read from a seek point.
          if (isLarge && new TextDecoder().decode(await again.readFile(LAST)) !== prose(100)) report(LAST);
          const found = await listProject(again);
          for (const difference of differences(found, right)) report(difference);
          if (map.size > 0)
            for (const difference of differences(await listMap(map), plain(right))) report(`Map: ${difference}`);
          await again.stored;
        } catch (error) {
          if (online || isLarge || !(error instanceof InstallError))
            report(`${error instanceof InstallError ? error.code : ""} ${error}`);
          if (map.size > 0) report("a failed read left files in the Map");
        }
        second.dispose();
      }
    }
  }
  return wrong;
}

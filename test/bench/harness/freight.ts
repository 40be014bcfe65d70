import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { Platform } from "../../../src/api/common.ts";
import type { Manifest } from "../../../src/api/manifest.ts";
import { platformFits } from "../../../src/registry/platform.ts";
import { random } from "../../support/registry/arrival.ts";
import { PLACEHOLDER, type Snapshot } from "../../support/registry/snapshot.ts";
import type { Ask, FileSample } from "./page-protocol.ts";
import { readTarball } from "./read-tar.ts";

/** The expected downloads and files of an install. */
export interface Freight {
  /** npm's lock, with placeholder URLs. */
  lock: string;
  /** One request for each tarball. */
  asks: Ask[];
  /** The paths of missing tarballs that are required. */
  missing: string[];
  /** The number of files in all packages. */
  files: number;
  sample: FileSample;
}

interface Entry extends Pick<Manifest, "os" | "cpu" | "libc"> {
  resolved?: string;
  optional?: boolean;
  extraneous?: boolean;
}

/** A package's folder, and the escaped path of its tarball below the registry's base URL. */
interface Parcel {
  location: string;
  path: string;
  optional: boolean;
}

/** Returns a tarball's bytes by its path. */
type Reader = (path: string) => Uint8Array | undefined;

/** The number of files that a warm install reads. */
const SAMPLE = 200;

/** Stands for the tarball of an optional package that is missing. */
const NOTHING: Uint8Array = gzipSync("");

/** Returns the packages with a tarball of the registry, without extraneous ones, optional ones for other platforms, and packages inside those. */
function parcelsOf(lock: string, platform: Platform): Parcel[] {
  const { packages = {} } = JSON.parse(lock) as { packages?: Record<string, Entry> };
  const parcels: Parcel[] = [];
  let skipped = "\0";
  for (const [location, entry] of Object.entries(packages)) {
    const { resolved, extraneous, optional = false } = entry;
    if (extraneous || location.startsWith(skipped) || !resolved?.startsWith(PLACEHOLDER)) continue;
    if (optional && !platformFits(entry as Manifest, platform)) skipped = `${location}/`;
    else parcels.push({ location, path: new URL(resolved).pathname, optional });
  }
  return parcels;
}

/** Returns a random sample of the files, the same in every run. */
function sampleOf(parcels: readonly Parcel[], bytesOf: Reader): Pick<Freight, "files" | "sample"> {
  const filesOf = ({ path }: Parcel): Map<string, Uint8Array> => readTarball(bytesOf(path) ?? NOTHING);
  const all = parcels.flatMap((parcel) => [...filesOf(parcel).keys()].map((file) => ({ parcel, file })));
  const files = all.length;
  const next = random(1);
  const drawn = new Map<Parcel, Set<string>>();
  for (let left = Math.min(SAMPLE, all.length); left > 0; left--) {
    // Draws without replacement.
    const [one] = all.splice(Math.floor(next() * all.length), 1) as [(typeof all)[number]];
    drawn.set(one.parcel, (drawn.get(one.parcel) ?? new Set()).add(one.file));
  }
  const sample = [...drawn].flatMap(([parcel, wanted]) => {
    const found = [...filesOf(parcel)].filter(([file]) => wanted.has(file));
    return found.map(([file, bytes]) => [`${parcel.location}/${file}`, sha256(bytes)]);
  });
  return { files, sample: Object.fromEntries(sample) };
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("base64");

export function freightOf(lock: string, snapshot: Snapshot, platform: Platform): Freight {
  const parcels = parcelsOf(lock, platform);
  const bytesOf: Reader = (path) => snapshot.tarball(decodeURIComponent(path.slice(1)));
  const paths = [...new Set(parcels.map(({ path }) => path))];
  const missing = parcels.filter(({ path, optional }) => !optional && !bytesOf(path)).map(({ path }) => path);
  return {
    lock,
    asks: paths.map((path) => ({ path, accept: "*/*" })),
    missing,
    ...(missing.length > 0 ? { files: 0, sample: {} } : sampleOf(parcels, bytesOf)),
  };
}

/** Rewrites the URLs of a lock to a registry, as npm's `replace-registry-host` does when it installs. */
export function lockAt(origin: string, lock: string): string {
  return lock.replaceAll(PLACEHOLDER, origin);
}

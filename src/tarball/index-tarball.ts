import type { Failure } from "../api/failure.ts";
import { fail, failure, type Outcome, ok } from "../errors/failure.ts";
import { brokenArchive } from "../errors/tarball.ts";
import { shebangCarriageReturn } from "./crlf-shebang.ts";
import { type ByteRange, gunzipRanges } from "./gunzip.ts";
import { installScripts } from "./install-scripts.ts";
import { type Digest, verifyIntegrity } from "./integrity.ts";
import { CRLF_SHEBANG, type PackIndex } from "./pack-index.ts";
import type { TarballRequest } from "./tarball-request.ts";
import { inflate, inflateFast, type Pause, refused, tooLarge, type Unpacked, unpack } from "./unpack.ts";

export interface IndexedTarball {
  index: PackIndex;
  /** The inflated tarball, in its own buffer. */
  archive: Uint8Array;
  warnings: Failure[];
}

/**
 * Verifies a package's tarball and indexes its files.
 *
 * 1. Check its size, before any work is spent on it.
 * 2. Verify its integrity.
 * 3. Inflate it, and list the files with their offsets.
 * 4. Note the scripts that npm would run, and the commands with a CRLF `#!` line.
 *
 * Fails with `EINTEGRITY`, `TAR_BAD_ARCHIVE`, `TAR_ENTRY_ERROR` or `TAR_ABORT`. Warns about files that are left out or clash
 * (`ECASE`, `TAR_ENTRY_ERROR`, `TAR_ENTRY_UNSUPPORTED`) and about missing integrity (`ENOINTEGRITY`). Each message names the
 * package and the URL.
 */
export async function indexTarball(
  bytes: Uint8Array,
  request: TarballRequest,
  digest: Digest,
  pause?: Pause,
): Promise<Outcome<IndexedTarball>> {
  const indexed = await verifyAndIndex(bytes, request, digest, pause);
  return indexed.ok ? indexed : fail((await import("./web-page.ts")).refusedTarball(indexed.failure, bytes, request));
}

async function verifyAndIndex(
  bytes: Uint8Array,
  request: TarballRequest,
  digest: Digest,
  pause?: Pause,
): Promise<Outcome<IndexedTarball>> {
  const { name, url, limits, integrity: promised } = request;
  const large = tooLarge(bytes, limits.tarball);
  if (large) return refused(large, request);
  const verified = await verifyIntegrity(bytes, {
    name,
    url,
    digest,
    ...(promised !== null && { integrity: promised }),
  });
  if (!verified.ok) return verified;
  const unpacked = await unpack(bytes, limits, { name, url, pause });
  if (!unpacked.ok) return unpacked;
  const { archive, warnings } = unpacked.value;
  if (promised === null) warnings.push(noIntegrity(request, verified.value));
  return ok({ index: indexOf(unpacked.value, verified.value), archive, warnings });
}

/** Inflates a tarball that was verified and indexed before. `unpacked` is the size in its index. */
export function inflatePack(bytes: Uint8Array, unpacked: number): Outcome<Uint8Array> {
  return asIndexed(inflate(bytes, unpacked), unpacked);
}

/**
 * Inflates a tarball that was verified and indexed before, and returns copies of the ranges, in their order. Without ranges,
 * returns the whole archive.
 */
export async function readPack(
  bytes: Uint8Array,
  unpacked: number,
  ranges: readonly ByteRange[],
): Promise<Outcome<Uint8Array[]>> {
  const parts = ranges.length > 0 ? await gunzipRanges(bytes, ranges) : undefined;
  if (parts) return ok(parts);
  const archive = asIndexed(await inflateFast(bytes, unpacked), unpacked);
  if (!archive.ok) return archive;
  return ok(ranges.length > 0 ? ranges.map(([start, end]) => archive.value.slice(start, end)) : [archive.value]);
}

function asIndexed(archive: Outcome<Uint8Array>, unpacked: number): Outcome<Uint8Array> {
  if (!archive.ok || archive.value.length === unpacked) return archive;
  return fail(brokenArchive(`it unpacks to ${archive.value.length} bytes instead of ${unpacked}`));
}

/** `#`, the first byte of a `#!` line. */
const HASH_SIGN = 0x23;

function indexOf({ archive, files }: Unpacked, integrity: string): PackIndex {
  const paths = files.map(({ path }) => path);
  const packageJson = files.find(({ path }) => path === "package.json");
  return {
    integrity,
    unpacked: archive.length,
    paths,
    starts: Uint32Array.from(files, ({ start }) => start),
    sizes: Uint32Array.from(files, ({ size }) => size),
    modes: Uint16Array.from(files, ({ mode, start, size }) =>
      archive[start] !== HASH_SIGN || shebangCarriageReturn(archive.subarray(start, start + size)) < 0
        ? mode
        : mode | CRLF_SHEBANG,
    ),
    scripts: installScripts(
      packageJson && archive.subarray(packageJson.start, packageJson.start + packageJson.size),
      paths,
    ),
  };
}

function noIntegrity({ name, url }: TarballRequest, integrity: string): Failure {
  const message = `No integrity is known for the tarball of ${name}, so it was not verified.`;
  return failure("ENOINTEGRITY", message, { package: name, found: integrity, details: { url } });
}

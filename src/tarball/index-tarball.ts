import type { Failure } from "../api/failure.ts";
import { isObject } from "../base/json.ts";
import { fail, failure, type Outcome, ok } from "../errors/failure.ts";
import { brokenArchive } from "../errors/tarball.ts";
import type { TarEntry } from "./archive-files.ts";
import { shebangCarriageReturn } from "./crlf-shebang.ts";
import { gunzipRanges, type Range } from "./gunzip.ts";
import { type Digest, verifyIntegrity } from "./integrity.ts";
import { CRLF_SHEBANG, INSTALL_SCRIPTS, type PackIndex } from "./pack-index.ts";
import { inflate, inflateFast, refused, tooLarge, type Unpacked, unpack } from "./unpack.ts";
import type { TarballRequest } from "./unpack-limits.ts";

export interface IndexedTarball {
  index: PackIndex;
  /** What the tarball inflates to; memory of its own. */
  archive: Uint8Array;
  warnings: Failure[];
}

/**
 * Verifies a package's tarball, inflates it once, and says where in it each file is.
 * Fails with `EINTEGRITY`, `TAR_BAD_ARCHIVE`, `TAR_ENTRY_ERROR` or `TAR_ABORT`, and warns of what is odd in it (`ECASE`,
 * `TAR_ENTRY_ERROR`, `TAR_ENTRY_UNSUPPORTED`) and of no integrity (`ENOINTEGRITY`); each names the package and the URL.
 */
export async function indexTarball(
  bytes: Uint8Array,
  wanted: TarballRequest,
  digest: Digest,
): Promise<Outcome<IndexedTarball>> {
  const { name, url, limits, integrity: promised } = wanted;
  // A hash of what is too large is work for nothing.
  const large = tooLarge(bytes, limits.tarball);
  if (large) return refused(large, wanted);
  const verified = await verifyIntegrity(bytes, {
    name,
    url,
    digest,
    ...(promised !== null && { integrity: promised }),
  });
  if (!verified.ok) return verified;
  const unpacked = await unpack(bytes, limits, wanted);
  if (!unpacked.ok) return unpacked;
  const { archive, warnings } = unpacked.value;
  if (promised === null) warnings.push(noIntegrity(wanted, verified.value));
  return ok({ index: indexOf(unpacked.value, verified.value), archive, warnings });
}

/** What a tarball that was verified and indexed before inflates to, at once. `unpacked`: bytes, as its index has it. */
export function inflatePack(bytes: Uint8Array, unpacked: number): Outcome<Uint8Array> {
  return asIndexed(inflate(bytes, unpacked), unpacked);
}

/** Parts of it, in the order asked for, in memory of their own; all of it where none are named. */
export async function readPack(
  bytes: Uint8Array,
  unpacked: number,
  ranges: readonly Range[],
): Promise<Outcome<Uint8Array[]>> {
  const parts = ranges.length > 0 ? await gunzipRanges(bytes, ranges) : undefined;
  if (parts) return ok(parts);
  const archive = asIndexed(await inflateFast(bytes, unpacked), unpacked);
  if (!archive.ok) return archive;
  return ok(ranges.length > 0 ? ranges.map(([start, end]) => archive.value.slice(start, end)) : [archive.value]);
}

function asIndexed(archive: Outcome<Uint8Array>, unpacked: number): Outcome<Uint8Array> {
  if (!archive.ok || archive.value.length === unpacked) return archive;
  return fail(brokenArchive(`it unpacks to ${archive.value.length} bytes, not to ${unpacked}`));
}

/** What a script's first line begins with. */
const HASH_SIGN = 0x23;

function indexOf({ archive, files }: Unpacked, integrity: string): PackIndex {
  return {
    integrity,
    unpacked: archive.length,
    paths: files.map(({ path }) => path),
    starts: Uint32Array.from(files, ({ start }) => start),
    sizes: Uint32Array.from(files, ({ size }) => size),
    modes: Uint16Array.from(files, ({ mode, start, size }) =>
      archive[start] !== HASH_SIGN || shebangCarriageReturn(archive.subarray(start, start + size)) < 0
        ? mode
        : mode | CRLF_SHEBANG,
    ),
    scripts: scriptsOf(archive, files),
  };
}

/** As npm reads them: a package.json that is damaged or missing has none, and a binding.gyp is one unless told otherwise. */
function scriptsOf(archive: Uint8Array, files: readonly TarEntry[]): Record<string, string> {
  const file = files.find(({ path }) => path === "package.json");
  const manifest = file ? parse(archive.subarray(file.start, file.start + file.size)) : {};
  const given = isObject(manifest["scripts"]) ? manifest["scripts"] : {};
  const scripts: Record<string, string> = {};
  for (const event of INSTALL_SCRIPTS) {
    const script = given[event];
    if (typeof script === "string" && script !== "") scripts[event] = script;
  }
  const own = scripts["preinstall"] ?? scripts["install"];
  if (own === undefined && manifest["gypfile"] !== false && files.some(({ path }) => path === "binding.gyp"))
    return { install: "node-gyp rebuild", ...scripts };
  return scripts;
}

function parse(bytes: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function noIntegrity({ name, url }: TarballRequest, integrity: string): Failure {
  const message = `There is no integrity for the tarball of ${name}: it was taken as it came.`;
  return failure("ENOINTEGRITY", message, { package: name, found: integrity, details: { url } });
}

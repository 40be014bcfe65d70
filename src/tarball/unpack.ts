import type { Failure } from "../api/failure.ts";
import type { UnpackLimits } from "../api/install.ts";
import { runWithPauses } from "../base/run-to-end.ts";
import { fail, type Outcome, ok } from "../errors/failure.ts";
import { beyondLimits } from "../errors/tarball.ts";
import { gunzip, gunzipFast } from "./gunzip.ts";
import { unpackedLimit } from "./unpack-limits.ts";
import { type Untarred, untar } from "./untar.ts";

export interface Unpacked extends Untarred {
  /** The inflated tarball, in its own buffer. */
  archive: Uint8Array;
}

/** Resolves in a later turn of the event loop. */
export type Pause = () => Promise<void>;

/** The package and URL of a tarball, for messages. */
export interface TarballSource {
  name: string;
  url: string;
}

/**
 * Inflates a package's tarball and lists its files. The tarball is gzip or, as npm allows too, plain tar. Fails with
 * `TAR_BAD_ARCHIVE`, `TAR_ENTRY_ERROR` or `TAR_ABORT`. Failures and warnings name the package and the URL.
 */
export async function unpack(
  bytes: Uint8Array,
  limits: UnpackLimits,
  { pause = async () => {}, ...source }: TarballSource & { pause?: Pause | undefined },
): Promise<Outcome<Unpacked>> {
  const archive = await inflateFast(bytes, unpackedLimit(bytes.length, limits));
  if (!archive.ok) return refused(archive.failure, source);
  const listed = await runWithPauses(untar(archive.value, limits), pause);
  if (!listed.ok) return refused(listed.failure, source);
  const { files, warnings } = listed.value;
  return ok({
    archive: archive.value,
    files,
    warnings: warnings.map((warning) => withSource(warning, `Warning about the tarball of ${source.name}`, source)),
  });
}

/** Returns the failure with the package, the URL and the start of its sentence. */
export function refused(why: Failure, source: TarballSource): { ok: false; failure: Failure } {
  return fail(withSource(why, `The tarball of ${source.name} was refused`, source));
}

/** Returns a failure if there are more than `limit` bytes. */
export function tooLarge(bytes: Uint8Array, limit: number): Failure | null {
  return bytes.length > limit ? beyondLimits(`it has more than ${limit} bytes`) : null;
}

/** Inflates at most `limit` bytes into a new buffer, synchronously. */
export function inflate(bytes: Uint8Array, limit: number): Outcome<Uint8Array> {
  return isGzip(bytes) ? gunzip(bytes, limit) : plain(bytes, limit);
}

/** As {@link inflate}, but faster for large tarballs. */
export async function inflateFast(bytes: Uint8Array, limit: number): Promise<Outcome<Uint8Array>> {
  return isGzip(bytes) ? await gunzipFast(bytes, limit) : plain(bytes, limit);
}

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

function plain(bytes: Uint8Array, limit: number): Outcome<Uint8Array> {
  const large = tooLarge(bytes, limit);
  return large ? fail(large) : ok(bytes.slice());
}

function withSource(reason: Failure, start: string, { name, url }: TarballSource): Failure {
  return { ...reason, message: `${start}: ${reason.message}.`, package: name, details: { ...reason.details, url } };
}

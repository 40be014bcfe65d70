import type { Failure } from "../../src/api/failure.ts";
import { failure } from "../../src/errors/failure.ts";
import { memoryDamaged, outOfMemory } from "../../src/errors/threads.ts";
import { CLOSING_BYTES } from "./layout.ts";

/** The failure that is reported if there is no memory left for the real one. */
export const OUT_OF_MEMORY: Failure = outOfMemory("there is no room for the failure");

/** Bytes: a quarter of the room for closing failures, because several threads may close the map at once. */
const SHORT = CLOSING_BYTES / 4;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function encodeFailure(failure: Failure): Uint8Array {
  try {
    return encoder.encode(JSON.stringify(failure));
  } catch {
    // `details` can hold any value, also one that JSON cannot.
    return encoder.encode(JSON.stringify({ ...failure, details: undefined }));
  }
}

/** Encodes a failure in at most 1 KiB. Shortens a longer failure to its code and the start of its message. */
export function encodeShortly(given: Failure): Uint8Array {
  const bytes = encodeFailure(given);
  if (bytes.length <= SHORT) return bytes;
  // No character takes more than 6 bytes of JSON.
  return encodeFailure(failure(given.code, given.message.slice(0, SHORT / 6 - 40)));
}

/** Decodes a failure. `bytes` may be shared memory. @throws InstallError EWORKER if they are not a failure */
export function decodeFailure(bytes: Uint8Array): Failure {
  try {
    // A decoder refuses shared memory: `slice` copies.
    const decoded = JSON.parse(decoder.decode(bytes.slice())) as Failure;
    if (typeof decoded.code === "string" && typeof decoded.message === "string") return decoded;
  } catch {
    // It is no JSON.
  }
  throw memoryDamaged("a failure cannot be read");
}

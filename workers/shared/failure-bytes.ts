import type { Failure } from "../../src/api/failure.ts";
import { failure } from "../../src/errors/failure.ts";
import { outOfMemory } from "../../src/errors/threads.ts";
import { CLOSING_BYTES } from "./layout.ts";

/** What there is to say where no memory is left to say more. */
export const OUT_OF_MEMORY: Failure = outOfMemory("no room for what went wrong");

/** A quarter of the room there is. Bytes. */
const SHORT = CLOSING_BYTES / 4;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function encodeFailure(failure: Failure): Uint8Array {
  try {
    return encoder.encode(JSON.stringify(failure));
  } catch {
    // What is in `details` is anybody's.
    return encoder.encode(JSON.stringify({ ...failure, details: undefined }));
  }
}

/** At most 1 KiB: the code and as much of the message as there is room for, where the whole failure is longer. */
export function encodeShortly(given: Failure): Uint8Array {
  const bytes = encodeFailure(given);
  if (bytes.length <= SHORT) return bytes;
  // No character takes more than 6 bytes of JSON.
  return encodeFailure(failure(given.code, given.message.slice(0, SHORT / 6 - 40)));
}

/** `bytes` may be shared. */
export function decodeFailure(bytes: Uint8Array): Failure {
  // A decoder refuses shared memory: `slice` copies.
  return JSON.parse(decoder.decode(bytes.slice())) as Failure;
}

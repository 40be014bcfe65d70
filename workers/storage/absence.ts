import type { Failure } from "../../src/api/failure.ts";

// What a registry does not have is stored like what it has, so that nobody asks again: the failure as JSON, which no
// record starts like.

const BRACE = 123;

export function encodeAbsence(failure: Failure): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(failure));
}

export function isAbsence(record: Uint8Array): boolean {
  return record[0] === BRACE;
}

/** The failure, or undefined where the bytes are a record. */
export function readAbsence(record: Uint8Array): Failure | undefined {
  return isAbsence(record) ? (JSON.parse(new TextDecoder().decode(record)) as Failure) : undefined;
}

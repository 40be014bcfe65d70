import type { Failure } from "../../src/api/failure.ts";

// A package that the registry does not have is cached too, so that it is not requested again. Its record is the failure as
// JSON. JSON starts with a brace, and no packument record does.

const BRACE = 123;

export function encodeAbsence(failure: Failure): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(failure));
}

export function isAbsence(record: Uint8Array): boolean {
  return record[0] === BRACE;
}

/** Returns the failure; undefined if the record is a packument's. */
export function readAbsence(record: Uint8Array): Failure | undefined {
  return isAbsence(record) ? (JSON.parse(new TextDecoder().decode(record)) as Failure) : undefined;
}

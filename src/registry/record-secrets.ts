import { withoutSecrets } from "../errors/without-secrets.ts";
import { aligned, asUint32, decodeUtf8, HEADER, PARTS, RELEASES, TIME, VERSIONS, WORD_COUNT } from "./record.ts";

const [QUESTION_MARK, AT, BACKSLASH, QUOTE] = [63, 64, 92, 34];

/**
 * Checks whether a record has a URL with credentials or with a query, where signed URLs have their signature: in a tarball's address, a
 * dependency or a message. The metadata cache keeps no such record. It cannot store the URL without them either, because npm writes
 * the whole URL into a lock. Does not count the query of `funding`, which is a public page.
 */
export function hasUrlSecrets(record: Uint8Array): boolean {
  const words = asUint32(aligned(record));
  const count = words[WORD_COUNT]!;
  const versions = words[VERSIONS]!;
  const lengths = HEADER + versions + words[RELEASES]!;
  let end = 4 * count;
  for (let at = lengths; at < count; at++) {
    const start = end;
    end += words[at]!;
    // The keys are versions, and the publish times dates.
    if (at < lengths + versions || at === count - PARTS + TIME || !isMarked(record, start, end)) continue;
    const isShape = at < count - PARTS;
    // The first byte of a shape has its flags.
    if (hasSecret(decodeUtf8(record, isShape ? start + 1 : start, end))) return true;
  }
  return false;
}

/** Checks whether a text has a character that each such URL has, or an escape that may hide one. Most texts have none. */
function isMarked(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    // The name of a scoped package begins with its `@`.
    if (byte === QUESTION_MARK || byte === BACKSLASH || (byte === AT && bytes[at - 1] !== QUOTE)) return true;
  }
  return false;
}

/** @param text JSON, or the beginning of a tarball's URL */
function hasSecret(text: string): boolean {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return isChanged(text);
  }
  const { funding, ...rest } = Object(value) as { funding?: unknown };
  const withoutQueries = JSON.parse(JSON.stringify(funding ?? null).replaceAll("?", "")) as unknown;
  return isChanged([rest, withoutQueries]);
}

/** Looks at each string by itself: in the JSON text, the next name's `@` would seem to end the credentials of a URL without a path. */
function isChanged(value: unknown): boolean {
  return JSON.stringify(withoutSecrets(value)) !== JSON.stringify(value);
}

export type Json = Record<string, unknown>;

/** Checks whether a parsed JSON value is an object: neither an array nor null. */
export function isObject(value: unknown): value is Json {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

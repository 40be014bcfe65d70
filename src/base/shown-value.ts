/** Returns a parsed JSON value as text. `String` would throw on an object whose `toString` is no function. */
export function shownValue(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
}

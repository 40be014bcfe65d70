/** Returns the offset of the carriage return that ends a `#!` line; -1 if the file does not start with such a line. */
export function shebangCarriageReturn(bytes: Uint8Array): number {
  if (bytes[0] !== 0x23 || bytes[1] !== 0x21) return -1;
  const end = bytes.indexOf(10);
  return end >= 4 && bytes[end - 1] === 13 ? end - 1 : -1;
}

/** Of a file that begins with a `#!` line: where the carriage return at the end of that line is, else -1. */
export function shebangCarriageReturn(bytes: Uint8Array): number {
  if (bytes[0] !== 0x23 || bytes[1] !== 0x21) return -1;
  const end = bytes.indexOf(10);
  return end >= 4 && bytes[end - 1] === 13 ? end - 1 : -1;
}

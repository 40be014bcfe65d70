import { concat } from "../../src/base/concat.ts";
import type { Random } from "./random.ts";

const BYTES = [0, 1, 2, 31, 32, 47, 48, 55, 56, 127, 128, 129, 254, 255];

/** Returns a copy of bytes that is changed at a few places. */
export function mutateBytes(bytes: Uint8Array, random: Random): Uint8Array {
  let changed: Uint8Array = bytes.slice();
  for (let left = random.few(6); left > 0; left--) changed = mutateOnce(changed, random);
  return changed;
}

function mutateOnce(bytes: Uint8Array, random: Random): Uint8Array {
  // Half of the changes are near the start or the end, where headers, checksums and lengths are.
  const edge = random.below(Math.min(64, bytes.length + 1));
  const at = random.pick([random.below(bytes.length + 1), random.below(bytes.length + 1), edge, bytes.length - edge]);
  const length = random.once(3) ? random.below(bytes.length - at + 1) : random.below(9);
  const end = Math.min(at + length, bytes.length);
  const [before, range, after] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)];
  switch (random.below(9)) {
    case 0:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
      return bytes;
    case 1:
      bytes[at] = random.pick(BYTES);
      return bytes;
    case 2:
      bytes[at] = random.below(256);
      return bytes;
    case 3:
      return before.slice();
    case 4:
      return concat([before, after]);
    case 5:
      return concat([before, range, range, after]);
    case 6: {
      const other = random.below(bytes.length + 1);
      return concat([before, bytes.subarray(other, other + random.below(600)), after]);
    }
    case 7:
      bytes.fill(random.pick(BYTES), at, end);
      return bytes;
    default:
      return concat([before, Uint8Array.from({ length: random.below(20) }, () => random.below(256)), range, after]);
  }
}

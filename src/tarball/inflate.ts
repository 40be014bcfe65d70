import { word } from "./crc32.ts";

// Inflating (RFC 1951) from any block on. Other inflaters begin at a stream's first byte and do not say where its blocks are.

/** Where a block begins: its first bit, counted from the start of the bytes, and how many bytes are unpacked by then (an index of `out`). */
export interface BlockStart {
  readonly bit: number;
  readonly at: number;
}

/** Bytes that a copy reaches back at most (§2). */
export const WINDOW: number = 32 * 1024;

/** What to unpack, from where, and where to. */
export interface Inflation {
  /** A deflate stream, or what stands around it too: only bits from `bit` on are read. */
  readonly bytes: Uint8Array;
  /** Where a block begins (eight bits a byte, the lowest first: RFC 1951, §3.1.1). */
  readonly bit: number;
  /** What comes out goes here from `at` on. What is before `at` is the history that copies may reach into. */
  readonly out: Uint8Array;
  readonly at: number;
}

/** Where the reading is. What unpacks a block moves it; `bit` is right again at the block's end. */
interface Cursor {
  readonly bytes: Uint8Array;
  readonly out: Uint8Array;
  bit: number;
  at: number;
}

/*
 * A table says for the next bits of the stream which symbol they are. An entry is, from the low bits up: five bits for the code's
 * length, three for what kind it is, eight for how many extra bits follow, and the symbol's value. 0 is no code at all.
 * Codes longer than `ROOT` bits are found in a second step: their first bits give a `LINK` to 32 more entries.
 */
type Table = Int32Array;

const LITERAL = 32;
const LINK = 64;
const END = 128;
const EXTRA = 8;
const VALUE = 16;

const ROOT = 10;
const ROOT_MASK = (1 << ROOT) - 1;
const MAX_BITS = 15;
const MORE = 1 << (MAX_BITS - ROOT);
const MORE_MASK = MORE - 1;
// What the codes of a whole table take together: one of a single bit takes half, and one of 15 takes 2.
const FULL = 1 << (MAX_BITS + 1);

// Bytes from which on a call that copies them is faster than a loop.
const LONG = 64;

// At least two of at most 288 codes share what a link leads to. A block is unpacked in one go, so that all can use the same tables.
const makeTable = (): Table => new Int32Array(ROOT_MASK + 1 + 144 * MORE);
const symbols = makeTable();
const distances = makeTable();

// RFC 1951, §3.2.5. Lengths go 3, 4, … 10 without extra bits, then four with one bit each, and so on; 258 has a symbol of its own.
const SYMBOLS = Int32Array.from({ length: 286 }, (_, symbol) => (symbol << VALUE) | LITERAL);
const DISTANCES = new Int32Array(30);
SYMBOLS[256] = END;
ranges(SYMBOLS.subarray(257), 3, 4);
ranges(DISTANCES, 1, 2);
SYMBOLS[285] = 258 << VALUE;

const CODE_LENGTHS = Int32Array.from({ length: 19 }, (_, symbol) => symbol << VALUE);
// §3.2.7
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** Values that each stand for as many numbers as their extra bits tell: `group` symbols have the same, none the first two groups. */
function ranges(values: Int32Array, first: number, group: number): void {
  let value = first;
  for (let i = 0; i < values.length; i++) {
    const extra = Math.max(0, Math.floor(i / group) - 1);
    values[i] = (value << VALUE) | (extra << EXTRA);
    value += 1 << extra;
  }
}

/**
 * Unpacks block by block, and says of each where it begins before it is unpacked, the first one too. Ends when `out` is full (also in the
 * middle of a block) or after the last block: the answer is how far `out` is filled, and the bit after the last one that was read as a
 * whole block (so that a caller finds gzip's trailer there); null where the bytes are damaged or end too early.
 * A full `out` still takes the end of its block, and blocks with nothing in them; what else may follow is not judged.
 */
export function* inflateBlocks(job: Inflation): Generator<BlockStart, { at: number; bit: number } | null> {
  const cursor: Cursor = { ...job };
  for (;;) {
    const { bit, at } = cursor;
    yield { bit, at };
    const header = take(cursor, 3);
    if (!unpackBlock(cursor, header >> 1)) return cursor.at < job.out.length ? null : { at: cursor.at, bit };
    if (header & 1) return { at: cursor.at, bit: cursor.bit };
  }
}

/** Whether the block is whole. If not, `at` still counts what the stream gave: nothing that was made up behind its end. */
function unpackBlock(cursor: Cursor, kind: number): boolean {
  if (kind === 0) return copyStored(cursor);
  return (kind === 1 ? fixedCodes() : kind === 2 && readCodes(cursor)) && unpackCodes(cursor);
}

// Behind the end `word` has zeros.
const peek = ({ bytes, bit }: Cursor): number => word(bytes, Math.floor(bit / 8)) >>> (bit & 7);

/** The next `count` bits, 16 at most. */
function take(cursor: Cursor, count: number): number {
  const bits = peek(cursor) & ((1 << count) - 1);
  cursor.bit += count;
  return bits;
}

function copyStored(cursor: Cursor): boolean {
  const { bytes, out, at } = cursor;
  cursor.bit = Math.ceil(cursor.bit / 8) * 8;
  const length = take(cursor, 16);
  const inverse = take(cursor, 16);
  const from = cursor.bit / 8;
  const fits = Math.min(length, out.length - at);
  if ((length ^ inverse) !== 0xffff || from + fits > bytes.length) return false;
  out.set(bytes.subarray(from, from + fits), at);
  cursor.at += fits;
  cursor.bit += 8 * length;
  return fits === length;
}

/** §3.2.6: symbols 286 and 287, distances 30 and 31 have codes and no meaning. */
function fixedCodes(): boolean {
  const lengths = new Uint8Array(288).fill(8).fill(9, 144, 256).fill(7, 256, 280);
  return fillTable(symbols, lengths, SYMBOLS) && fillTable(distances, new Uint8Array(32).fill(5), DISTANCES);
}

/** §3.2.7: the codes that a block brings along, themselves packed. False where they are damaged, or end behind the bytes. */
function readCodes(cursor: Cursor): boolean {
  const literals = take(cursor, 5) + 257;
  const total = literals + take(cursor, 5) + 1;
  const first = new Uint8Array(19);
  for (let i = 0, count = take(cursor, 4) + 4; i < count; i++) first[ORDER[i] as number] = take(cursor, 3);
  // A single code for lengths, which zlib refuses here, cannot tell lengths that would do below.
  if (literals > 286 || total > literals + 30 || !fillTable(symbols, first, CODE_LENGTHS)) return false;
  const lengths = new Uint8Array(total);
  for (let i = 0; i < total; ) {
    const entry = symbols[peek(cursor) & ROOT_MASK] as number;
    if (!entry) return false;
    cursor.bit += entry & 31;
    const symbol = entry >> VALUE;
    if (symbol < 16) {
      lengths[i++] = symbol;
      continue;
    }
    if (symbol === 16 && !i) return false;
    const again = symbol === 16 ? (lengths[i - 1] as number) : 0;
    const end = i + (symbol === 18 ? take(cursor, 7) + 11 : take(cursor, symbol - 14) + 3);
    if (end > total) return false;
    lengths.fill(again, i, end);
    i = end;
  }
  return (
    lengths[256] !== 0 &&
    fillTable(symbols, lengths.subarray(0, literals), SYMBOLS) &&
    fillTable(distances, lengths.subarray(literals), DISTANCES)
  );
}

/**
 * The table for codes of such lengths (0 is none: §3.2.2). False where they are too many, or leave bits without a meaning: only no code at
 * all and a sole one of one bit may do that, as in zlib.
 */
function fillTable(table: Table, lengths: Uint8Array, values: Int32Array): boolean {
  const next = new Uint16Array(MAX_BITS + 2);
  for (const length of lengths) if (length) (next[length + 1] as number)++;
  const sole = next[2] === 1;
  // Counts become the first code of each length; the one behind the longest says what all take.
  let code = 0;
  for (let length = 1; length <= MAX_BITS + 1; length++) {
    code = 2 * (code + (next[length] as number));
    next[length] = code;
  }
  if (code !== FULL && code !== 0 && !(sole && 2 * code === FULL)) return false;
  table.fill(0, 0, ROOT_MASK + 1);
  let free = ROOT_MASK + 1;
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol] as number;
    if (!length) continue;
    const bits = reversed((next[length] as number)++, length);
    const entry = (values[symbol] as number) | length;
    let at = bits;
    let step = 1 << length;
    let end = ROOT_MASK + 1;
    if (length > ROOT) {
      const root = bits & ROOT_MASK;
      if (!table[root]) {
        table[root] = (free << VALUE) | LINK;
        free += MORE;
      }
      const more = (table[root] as number) >> VALUE;
      at = more + (bits >> ROOT);
      step >>= ROOT;
      end = more + MORE;
    }
    for (; at < end; at += step) table[at] = entry;
  }
  return true;
}

/** Codes are packed from their highest bit on. */
function reversed(code: number, length: number): number {
  let bits = 0;
  for (let i = 0; i < length; i++) bits |= ((code >> i) & 1) << (length - 1 - i);
  return bits;
}

/** The next bits of the stream are `hold`'s lowest `held` ones, and then the bytes from `next` on. 24 bits or more after each filling. */
function unpackCodes(cursor: Cursor): boolean {
  const { bytes, out, bit } = cursor;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = out.length;
  const lastWord = bytes.length - 4;
  let { at } = cursor;
  let next = Math.floor(bit / 8);
  let hold = word(bytes, next++) >>> (bit & 7);
  let held = 8 - (bit & 7);
  let entry = 0;
  for (;;) {
    if (next > lastWord && next - bytes.length > held >> 3) return false;
    hold |= (next > lastWord ? word(bytes, next) : view.getInt32(next, true)) << held;
    next += (31 - held) >> 3;
    held |= 24;
    entry = symbols[hold & ROOT_MASK] as number;
    if (entry & LINK) entry = symbols[(entry >> VALUE) + ((hold >>> ROOT) & MORE_MASK)] as number;
    hold >>>= entry & 31;
    held -= entry & 31;
    if (entry & LITERAL) {
      if (at >= end) break;
      out[at++] = entry >> VALUE;
      continue;
    }
    if (entry >> VALUE === 0) break;
    let extra = (entry >> EXTRA) & 15;
    const length = (entry >> VALUE) + (hold & ((1 << extra) - 1));
    hold >>>= extra;
    held -= extra;
    hold |= (next > lastWord ? word(bytes, next) : view.getInt32(next, true)) << held;
    next += (31 - held) >> 3;
    held |= 24;
    entry = distances[hold & ROOT_MASK] as number;
    if (entry & LINK) entry = distances[(entry >> VALUE) + ((hold >>> ROOT) & MORE_MASK)] as number;
    hold >>>= entry & 31;
    held -= entry & 31;
    extra = (entry >> EXTRA) & 15;
    if (held < extra) {
      hold |= (next > lastWord ? word(bytes, next) : view.getInt32(next, true)) << held;
      next += (31 - held) >> 3;
      held |= 24;
    }
    const from = at - (entry >> VALUE) - (hold & ((1 << extra) - 1));
    hold >>>= extra;
    held -= extra;
    if (from < 0 || entry >> VALUE === 0 || next - bytes.length > held >> 3) break;
    const room = end - at;
    const stop = length < room ? at + length : end;
    if (length >= LONG && from + length <= at) {
      out.copyWithin(at, from, from + stop - at);
      at = stop;
    } else for (let i = from; at < stop; ) out[at++] = out[i++] as number;
    // A copy that is cut is not followed by the block's end.
    if (length > room) break;
  }
  cursor.at = at;
  cursor.bit = 8 * next - held;
  return (entry & END) !== 0 && cursor.bit <= 8 * bytes.length;
}

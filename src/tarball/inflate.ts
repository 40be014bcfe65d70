import { word } from "./crc32.ts";

// Inflates deflate data (RFC 1951) from any block on, and reports where each block begins. Other inflaters begin at the first
// byte of a stream and do not report its blocks.
//
// 1. `inflateBlocks` reads the header of each block (§3.2.3): the last-block bit and the kind, and reports its first bit.
// 2. A stored block is copied (§3.2.4, `copyStored`).
// 3. A block with codes needs two tables, for literals and lengths and for distances. They come from fixed code lengths
//    (§3.2.6, `fixedCodes`) or from lengths in the block itself (§3.2.7, `readCodes`). `fillTable` builds a table (§3.2.2).
// 4. `unpackCodes` decodes symbols (§3.2.5): a literal is written, a length and a distance copy earlier output, 256 ends the
//    block.
//
// Section numbers in this file are those of RFC 1951.

/** The start of a block. */
export interface BlockStart {
  /** Its first bit, counted from the start of the bytes. */
  readonly bit: number;
  /** The offset in `out` of its first unpacked byte. */
  readonly at: number;
}

/** The greatest distance of a copy, in bytes (§2). */
export const WINDOW: number = 32 * 1024;

/** The input and output of an unpacking. */
export interface Inflation {
  /** The bytes that contain the deflate stream. Only bits from `bit` on are read. */
  readonly bytes: Uint8Array;
  /** The first bit of a block. Bits count from the lowest of each byte (§3.1.1). */
  readonly bit: number;
  /** Receives the unpacked bytes from `at` on. Copies may reach into the bytes before `at`. */
  readonly out: Uint8Array;
  readonly at: number;
}

/** The position in input and output. Within a block of codes `bit` is not up to date; at the block's end it is. */
interface Cursor {
  readonly bytes: Uint8Array;
  readonly out: Uint8Array;
  bit: number;
  at: number;
}

/*
 * A table maps the next bits of the stream to a symbol. The bits of an entry, from the lowest up:
 *
 *   5: the code's length    3: the kind (LITERAL, LINK, END)    8: number of extra bits    the rest: the symbol's value
 *
 * An entry of 0 means that no code has these bits. A code longer than `ROOT` bits takes two steps: the entry for its first
 * `ROOT` bits is a `LINK` to 32 more entries.
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
// The space that a complete code fills. A code of one bit takes half of it, and a code of 15 bits takes 2.
const FULL = 1 << (MAX_BITS + 1);

// Bytes from which `copyWithin` is faster than a loop.
const LONG = 64;

// Each link serves at least two of at most 288 codes, so 144 links are enough. All calls share the tables: a block is unpacked
// without a pause.
const makeTable = (): Table => new Int32Array(ROOT_MASK + 1 + 144 * MORE);
const symbols = makeTable();
const distances = makeTable();

// §3.2.5. Lengths 3 to 10 have no extra bits, the next four symbols have one each, and so on. 258 has its own symbol.
const SYMBOLS = Int32Array.from({ length: 286 }, (_, symbol) => (symbol << VALUE) | LITERAL);
const DISTANCES = new Int32Array(30);
SYMBOLS[256] = END;
ranges(SYMBOLS.subarray(257), 3, 4);
ranges(DISTANCES, 1, 2);
SYMBOLS[285] = 258 << VALUE;

const CODE_LENGTHS = Int32Array.from({ length: 19 }, (_, symbol) => symbol << VALUE);
// The order in which a block lists the lengths of its code length codes (§3.2.7).
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** Fills in the first value and the extra bits of symbols (§3.2.5). `group` symbols share a number of extra bits; the first two groups have none. */
function ranges(values: Int32Array, first: number, group: number): void {
  let value = first;
  for (let i = 0; i < values.length; i++) {
    const extra = Math.max(0, Math.floor(i / group) - 1);
    values[i] = (value << VALUE) | (extra << EXTRA);
    value += 1 << extra;
  }
}

/**
 * Unpacks block by block. Yields the start of each block before it is unpacked.
 *
 * Ends after the last block, or when `out` is full, even inside a block. Returns how far `out` is filled, and the bit behind
 * the last complete block (after the last block of a gzip file its trailer follows). Returns null if the bytes are damaged
 * or end too early.
 *
 * With `out` full, the end of the current block and empty blocks are still read. Data behind them is not checked.
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

/** Unpacks one block. Returns false if it is not complete. `at` then counts only bytes that the stream really has. */
function unpackBlock(cursor: Cursor, kind: number): boolean {
  if (kind === 0) return copyStored(cursor);
  return (kind === 1 ? fixedCodes() : kind === 2 && readCodes(cursor)) && unpackCodes(cursor);
}

/** Returns the next bits without taking them, at least 25. Bits behind the end of the bytes are zeros. */
const peek = ({ bytes, bit }: Cursor): number => word(bytes, Math.floor(bit / 8)) >>> (bit & 7);

/** Takes the next `count` bits, 16 at most. */
function take(cursor: Cursor, count: number): number {
  const bits = peek(cursor) & ((1 << count) - 1);
  cursor.bit += count;
  return bits;
}

/** Copies a stored block (§3.2.4). */
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

/** Fills the tables with the fixed codes (§3.2.6). Symbols 286 and 287 and distances 30 and 31 have codes but no meaning. */
function fixedCodes(): boolean {
  const lengths = new Uint8Array(288).fill(8).fill(9, 144, 256).fill(7, 256, 280);
  return fillTable(symbols, lengths, SYMBOLS) && fillTable(distances, new Uint8Array(32).fill(5), DISTANCES);
}

/** Fills the tables with the codes that the block defines (§3.2.7). Returns false if they are damaged or cut off. */
function readCodes(cursor: Cursor): boolean {
  const literals = take(cursor, 5) + 257;
  const total = literals + take(cursor, 5) + 1;
  const first = new Uint8Array(19);
  for (let i = 0, count = take(cursor, 4) + 4; i < count; i++) first[ORDER[i] as number] = take(cursor, 3);
  // zlib refuses a code with a single length here. No such code could describe lengths that pass the checks below.
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
 * Builds the table for codes of these lengths (§3.2.2). A length of 0 means no code. Returns false if the code is
 * over-subscribed or incomplete. As in zlib, only two codes may be incomplete: an empty one, and a single code of one bit.
 */
function fillTable(table: Table, lengths: Uint8Array, values: Int32Array): boolean {
  const next = new Uint16Array(MAX_BITS + 2);
  for (const length of lengths) if (length) (next[length + 1] as number)++;
  const sole = next[2] === 1;
  // Turn counts into the first code of each length. The value behind the longest length is the space that all codes fill.
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

/** Reverses the bits of a code, because codes are stored from their highest bit on (§3.1.1). */
function reversed(code: number, length: number): number {
  let bits = 0;
  for (let i = 0; i < length; i++) bits |= ((code >> i) & 1) << (length - 1 - i);
  return bits;
}

/**
 * Decodes the symbols of a block (§3.2.5). The lowest `count` bits of `buffer` are the next bits of the stream; the bytes from
 * `next` on follow. Each refill leaves at least 24 bits. Not split into functions: calls would slow down this loop.
 */
function unpackCodes(cursor: Cursor): boolean {
  const { bytes, out, bit } = cursor;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = out.length;
  const lastWord = bytes.length - 4;
  let { at } = cursor;
  let next = Math.floor(bit / 8);
  let buffer = word(bytes, next++) >>> (bit & 7);
  let count = 8 - (bit & 7);
  let entry = 0;
  for (;;) {
    if (next > lastWord && next - bytes.length > count >> 3) return false;
    buffer |= (next > lastWord ? word(bytes, next) : view.getInt32(next, true)) << count;
    next += (31 - count) >> 3;
    count |= 24;
    entry = symbols[buffer & ROOT_MASK] as number;
    if (entry & LINK) entry = symbols[(entry >> VALUE) + ((buffer >>> ROOT) & MORE_MASK)] as number;
    buffer >>>= entry & 31;
    count -= entry & 31;
    if (entry & LITERAL) {
      if (at >= end) break;
      out[at++] = entry >> VALUE;
      continue;
    }
    if (entry >> VALUE === 0) break;
    let extra = (entry >> EXTRA) & 15;
    const length = (entry >> VALUE) + (buffer & ((1 << extra) - 1));
    buffer >>>= extra;
    count -= extra;
    buffer |= (next > lastWord ? word(bytes, next) : view.getInt32(next, true)) << count;
    next += (31 - count) >> 3;
    count |= 24;
    entry = distances[buffer & ROOT_MASK] as number;
    if (entry & LINK) entry = distances[(entry >> VALUE) + ((buffer >>> ROOT) & MORE_MASK)] as number;
    buffer >>>= entry & 31;
    count -= entry & 31;
    extra = (entry >> EXTRA) & 15;
    if (count < extra) {
      buffer |= (next > lastWord ? word(bytes, next) : view.getInt32(next, true)) << count;
      next += (31 - count) >> 3;
      count |= 24;
    }
    const from = at - (entry >> VALUE) - (buffer & ((1 << extra) - 1));
    buffer >>>= extra;
    count -= extra;
    if (from < 0 || entry >> VALUE === 0 || next - bytes.length > count >> 3) break;
    const room = end - at;
    const stop = length < room ? at + length : end;
    if (length >= LONG && from + length <= at) {
      out.copyWithin(at, from, from + stop - at);
      at = stop;
    } else for (let i = from; at < stop; ) out[at++] = out[i++] as number;
    // If the copy did not fit, `out` is full and the block is not complete.
    if (length > room) break;
  }
  cursor.at = at;
  cursor.bit = 8 * next - count;
  return (entry & END) !== 0 && cursor.bit <= 8 * bytes.length;
}

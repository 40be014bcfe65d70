// Buffers that compare and copy text four bytes at a time. `condense` copies its output from documents of several megabytes,
// so copying is one of its main costs.
//
//   source: …"dependencies":{"b":"^1"}…   copy(source, start, end) →   record: {"dependencies":{"b":"^1"}}

/** Bytes with a `DataView` of the same memory, to read four of them as one number. */
export class ByteText {
  bytes: Uint8Array;
  view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Checks whether the `length` bytes at `a` equal those at `b`. */
  same(a: number, b: number, length: number): boolean {
    const { bytes, view } = this;
    const end = a + length;
    if (Math.max(end, b + length) > bytes.length) return false;
    for (; a <= end - 4; a += 4, b += 4) if (view.getInt32(a, true) !== view.getInt32(b, true)) return false;
    for (; a < end; a++, b++) if (bytes[a] !== bytes[b]) return false;
    return true;
  }
}

/** A buffer that grows as bytes are appended. */
export class GrowingBytes extends ByteText {
  length = 0;
  /** The hash of the text copied since a caller last set it to 0. */
  hash = 0;

  constructor() {
    super(new Uint8Array(1 << 14));
  }

  /** Makes room for `more` bytes after `length`. */
  reserve(more: number): void {
    const { bytes, length } = this;
    if (length + more <= bytes.length) return;
    this.bytes = new Uint8Array((length + more) * 2);
    this.bytes.set(bytes);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Appends one byte. */
  put(code: number): void {
    this.reserve(1);
    this.bytes[this.length++] = code;
  }

  /** Appends the bytes of `source` from `start` to `end`, and adds them to the hash. */
  copy(source: ByteText, start: number, end: number): void {
    this.reserve(end - start);
    const { bytes, view } = source;
    let { length: to, hash } = this;
    for (; start <= end - 4; start += 4, to += 4) {
      const word = view.getInt32(start, true);
      this.view.setInt32(to, word, true);
      hash = Math.imul(hash ^ word, 0x9e3779b1);
    }
    for (; start < end; start++) {
      const code = bytes[start] as number;
      this.bytes[to++] = code;
      hash = Math.imul(hash ^ code, 0x9e3779b1);
    }
    this.length = to;
    this.hash = hash;
  }
}

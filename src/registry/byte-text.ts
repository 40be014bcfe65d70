/** Bytes with a second look at them, by words of four. */
export class ByteText {
  bytes: Uint8Array;
  view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Whether the bytes from two places on are the same. */
  same(a: number, b: number, length: number): boolean {
    const { bytes, view } = this;
    const end = a + length;
    if (Math.max(end, b + length) > bytes.length) return false;
    for (; a <= end - 4; a += 4, b += 4) if (view.getInt32(a, true) !== view.getInt32(b, true)) return false;
    for (; a < end; a++, b++) if (bytes[a] !== bytes[b]) return false;
    return true;
  }
}

/** Bytes that grow at their end. */
export class GrowingBytes extends ByteText {
  length = 0;
  /** Of the text that was copied since it was last set. */
  hash = 0;

  constructor() {
    super(new Uint8Array(1 << 14));
  }

  /** Room for so many bytes more. */
  reserve(more: number): void {
    const { bytes, length } = this;
    if (length + more <= bytes.length) return;
    this.bytes = new Uint8Array((length + more) * 2);
    this.bytes.set(bytes);
    this.view = new DataView(this.bytes.buffer);
  }

  put(code: number): void {
    this.reserve(1);
    this.bytes[this.length++] = code;
  }

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

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

/** Text that grows at its end, and a hash of what was copied to it. */
export class GrowingText extends ByteText {
  length = 0;
  hash = 0;

  put(code: number): void {
    this.#reserve(1);
    this.bytes[this.length++] = code;
  }

  /** Appends a slice of another text, and mixes it into the hash. */
  copy(source: ByteText, start: number, end: number): void {
    this.#reserve(end - start);
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

  #reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const larger = new Uint8Array((this.length + more) * 2);
    larger.set(this.bytes);
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }
}

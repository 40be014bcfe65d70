import { concat } from "../../src/base/concat.ts";

export { concat };

/** One header and its body. `size`, `checksum` and `raw` let a test write false values. */
export interface TarPart {
  name: string;
  body?: string | Uint8Array;
  type?: string;
  prefix?: string;
  magic?: string;
  link?: string;
  size?: number | string;
  checksum?: string;
  mode?: string;
  /** An offset, and bytes to write into the header there. The checksum stays correct. */
  raw?: readonly [at: number, bytes: readonly number[]];
}

const encoder = new TextEncoder();

/** Returns a tar archive of the parts. The two empty blocks at its end are left out if `end` is false. */
export function tar(parts: readonly TarPart[], { end = true }: { end?: boolean } = {}): Uint8Array<ArrayBuffer> {
  const blocks = parts.flatMap((part) => [header(part), padded(bodyOf(part))]);
  if (end) blocks.push(new Uint8Array(1024));
  return concat(blocks);
}

/** Returns a pax record, for example `pax("path", "package/a.js")`. Its length counts itself. */
export function pax(key: string, value: string): string {
  const rest = encoder.encode(` ${key}=${value}\n`).length;
  let length = rest + 1;
  while (String(length).length + rest !== length) length++;
  return `${length} ${key}=${value}\n`;
}

function bodyOf(part: TarPart): Uint8Array {
  return typeof part.body === "string" ? encoder.encode(part.body) : (part.body ?? new Uint8Array());
}

function padded(body: Uint8Array): Uint8Array {
  const all = new Uint8Array(Math.ceil(body.length / 512) * 512);
  all.set(body);
  return all;
}

function header(part: TarPart): Uint8Array {
  const block = new Uint8Array(512);
  const put = (at: number, text: string): void => block.set(encoder.encode(text), at);
  const size = part.size ?? bodyOf(part).length;
  put(0, part.name);
  put(100, part.mode ?? "0000644\0");
  put(124, typeof size === "string" ? size : `${size.toString(8).padStart(11, "0")}\0`);
  put(148, "        ");
  put(156, part.type ?? "0");
  put(157, part.link ?? "");
  put(257, part.magic ?? "ustar\x0000");
  put(345, part.prefix ?? "");
  if (part.raw) block.set(part.raw[1], part.raw[0]);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, part.checksum ?? `${sum.toString(8).padStart(6, "0")}\0 `);
  return block;
}

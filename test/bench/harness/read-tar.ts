import { gunzipSync } from "node:zlib";

const BLOCK = 512;

/** Returns the text up to the first zero byte. */
function textOf(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end < 0 ? field.length : end);
}

/** Returns the `path` of a pax header. Records are `<length> <key>=<value>\n`, where the length is that of the whole record. */
function paxPath(body: Buffer): string | undefined {
  let path: string | undefined;
  for (let at = 0; at < body.length; ) {
    const length = Number.parseInt(body.toString("latin1", at, at + 10), 10);
    if (!(length > 0)) break;
    const record = body.toString("utf8", body.indexOf(0x20, at) + 1, at + length - 1);
    if (record.startsWith("path=")) path = record.slice("path=".length);
    at += length;
  }
  return path;
}

/**
 * Reads a package's files independently of the library, to check the library's own reading. Supports only the formats of
 * registries: ustar, pax paths, GNU long names.
 */
export function readTarball(tarball: Uint8Array): Map<string, Uint8Array> {
  const archive = gunzipSync(tarball);
  const files = new Map<string, Uint8Array>();
  let path: string | undefined;
  for (let at = 0; at + BLOCK <= archive.length && archive[at] !== 0; ) {
    const header = archive.subarray(at, at + BLOCK);
    const size = Number.parseInt(textOf(header.subarray(124, 136)).trim() || "0", 8);
    const type = String.fromCharCode(header[156] ?? 0);
    const prefix = textOf(header.subarray(257, 262)) === "ustar" ? textOf(header.subarray(345, 500)) : "";
    const name = [prefix, textOf(header.subarray(0, 100))].filter(Boolean).join("/");
    const body = archive.subarray(at + BLOCK, at + BLOCK + size);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    if (type === "x") path = paxPath(body) ?? path;
    else if (type === "L") path = textOf(body);
    else if (type !== "g") {
      const [, ...parts] = (path ?? name).split("/");
      if ("\x000".includes(type) && parts.at(-1)) files.set(parts.join("/"), body);
      path = undefined;
    }
  }
  return files;
}

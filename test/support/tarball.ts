import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { tar } from "../tarball/tar-writer.ts";

export interface FakeTarball {
  bytes: Uint8Array;
  /** The sha512 integrity of the bytes. */
  integrity: string;
}

/** Makes a package's archive from its files by path. A value that is not a text is written as JSON. */
export function fakeTarball(files: Readonly<Record<string, unknown>>): FakeTarball {
  const parts = Object.entries(files).map(([path, content]) => ({
    name: `package/${path}`,
    body: typeof content === "string" ? content : JSON.stringify(content),
  }));
  const bytes = new Uint8Array(gzipSync(tar(parts)));
  return { bytes, integrity: `sha512-${createHash("sha512").update(bytes).digest("base64")}` };
}

import type { Snapshot } from "../support/registry/snapshot.ts";
import { type ConformanceCase, caseOf, type RandomRecord, type RecordedCase, recordedRandom } from "./recorded.ts";

/** A case in a pack, with the pack's packuments and tarballs that it uses. */
type PackedCase = (RecordedCase | (RandomRecord & { suite: "random" })) & { packuments: number[]; tarballs?: string[] };

/**
 * The header of a pack. A pack is a gzip file of lines: this header, then one packument per line. Node and a page can both
 * open it. `names[i]` is the name of line `i + 1`. Each hash is stored once, in `hashes`; the text of a case has `<#7>` for
 * the eighth.
 */
interface Header {
  hashes: string[];
  names: string[];
  /** Base64 by path below the registry's URL. */
  tarballs: Record<string, string>;
  cases: PackedCase[];
}

const NEWLINE = 10;
const decoder = new TextDecoder();

function splitLines(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(NEWLINE, start);
    const stop = end < 0 ? bytes.length : end;
    lines.push(bytes.subarray(start, stop));
    start = stop + 1;
  }
  return lines;
}

function headerOf(line: Uint8Array): Header {
  const text = decoder.decode(line);
  const { hashes } = JSON.parse(text) as Header;
  return JSON.parse(text.replace(/<#(\d+)>/g, (_, index: string) => hashes[Number(index)] ?? "")) as Header;
}

/** Returns the cases of a pack from its gzipped bytes. */
export async function openPack(gzipped: Uint8Array): Promise<ConformanceCase[]> {
  const stream = new Blob([gzipped as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream("gzip"));
  const [first = new Uint8Array(), ...lines] = splitLines(new Uint8Array(await new Response(stream).arrayBuffer()));
  const header = headerOf(first);
  const archives = new Map(
    Object.entries(header.tarballs).map(([path, b64]) => [path, Uint8Array.from(atob(b64), (c) => c.charCodeAt(0))]),
  );
  return header.cases.map((packed) => {
    const documents = new Map(packed.packuments.map((index) => [header.names[index] ?? "", lines[index]]));
    const visible = new Set(packed.tarballs);
    const snapshot: Snapshot = {
      packument: (name) => documents.get(name),
      tarball: (path) => (visible.has(path) ? archives.get(path) : undefined),
      names: () => [...documents.keys()],
    };
    return caseOf("seed" in packed ? recordedRandom(packed) : packed, snapshot);
  });
}

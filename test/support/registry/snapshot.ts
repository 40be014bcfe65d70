/** Where a snapshot's tarball URLs point; a registry writes its own origin there. */
export const PLACEHOLDER = "http://registry.local/";

/**
 * A recorded registry: each package's full document, and tarballs by their path below the origin
 * (`@s/a/-/a-1.0.0.tgz`, decoded, no leading slash). Bytes are shared: a reader must not write into them.
 */
export interface Snapshot {
  packument(name: string): Uint8Array | undefined;
  tarball(path: string): Uint8Array | undefined;
  names(): string[];
}

const encoder = new TextEncoder();

/** `documents` are full packuments, as objects or as JSON text. */
export function inlineSnapshot(
  documents: Readonly<Record<string, unknown>>,
  tarballs: Readonly<Record<string, Uint8Array>> = {},
): Snapshot {
  const texts = new Map(Object.entries(documents));
  const bytes = new Map<string, Uint8Array>();
  const archives = new Map(Object.entries(tarballs));
  return {
    packument(name) {
      const document = texts.get(name);
      if (document === undefined) return undefined;
      let found = bytes.get(name);
      if (!found) {
        found = encoder.encode(typeof document === "string" ? document : JSON.stringify(document));
        bytes.set(name, found);
      }
      return found;
    },
    tarball: (path) => archives.get(path),
    names: () => [...texts.keys()],
  };
}

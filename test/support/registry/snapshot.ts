/** The origin of a snapshot's tarball URLs. A registry replaces it by its own. */
export const PLACEHOLDER = "http://registry.local/";

/**
 * A recorded registry: the full document of each package, and tarballs by their path below the origin (`@s/a/-/a-1.0.0.tgz`,
 * decoded, without a leading slash). Bytes are shared: do not write to them.
 */
export interface Snapshot {
  packument(name: string): Uint8Array | undefined;
  tarball(path: string): Uint8Array | undefined;
  names(): string[];
}

const encoder = new TextEncoder();

/** Makes a snapshot. `documents` are full packuments, as objects or as JSON text. */
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

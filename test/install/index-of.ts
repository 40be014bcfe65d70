import type { FileMap } from "../../src/api/common.ts";
import { FileIndex } from "../../src/install/file-index.ts";
import type { PackIndex } from "../../src/tarball/pack-index.ts";

/** Makes a pack whose files are as long as their paths. */
export function packOf(...paths: string[]): PackIndex {
  let at = 0;
  return {
    integrity: `sha512-${btoa(paths.join())}`,
    unpacked: paths.join("").length,
    paths,
    starts: Uint32Array.from(paths, ({ length }) => {
      at += length;
      return at - length;
    }),
    sizes: Uint32Array.from(paths, ({ length }) => length),
    modes: Uint16Array.from(paths, (path) => (path.endsWith(".sh") ? 0o755 : 0o644)),
    scripts: {},
  };
}

/** Makes an index of packs (`{ "node_modules/a": ["index.js"] }`), links by path, and the project's own files. */
export function indexOf(
  packs: Readonly<Record<string, readonly string[]>>,
  links: Readonly<Record<string, string>> = {},
  own: FileMap = {},
): FileIndex {
  return new FileIndex(
    Object.entries(packs).map(([location, paths]) => ({ location, index: packOf(...paths) })),
    Object.entries(links).map(([path, to]) => ({ path, to })),
    own,
  );
}

/** Returns the code of the failure of a call. */
export function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return "";
}

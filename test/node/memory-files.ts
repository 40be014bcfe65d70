import { FileIndex } from "../../src/install/file-index.ts";
import type { PackageFiles } from "../../src/node/package-files.ts";

/** Returns files in memory: by path, text or a value to write as JSON. With `later` every text is a promise. */
export function memoryFiles(
  layout: Readonly<Record<string, unknown>>,
  links: Readonly<Record<string, string>> = {},
  later = false,
): PackageFiles & { reads: string[] } {
  const texts = Object.fromEntries(
    Object.entries(layout).map(([path, content]) => [
      path,
      typeof content === "string" ? content : JSON.stringify(content),
    ]),
  );
  const index = new FileIndex(
    [],
    Object.entries(links).map(([path, to]) => ({ path, to })),
    texts,
  );
  const reads: string[] = [];
  return {
    reads,
    kind: (path) => index.kind(path),
    realpath: (path) => index.realpath(path),
    text: (path) => {
      reads.push(path);
      const text = texts[index.realpath(path)] ?? "";
      return later ? Promise.resolve(text) : text;
    },
  };
}

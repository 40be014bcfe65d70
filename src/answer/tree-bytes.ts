import type { Manifest } from "../api/manifest.ts";
import type { TreeData } from "./tree-data.ts";

/** The index of the manifest in a row. */
const MANIFEST = 4;

/**
 * Encodes a tree for another thread, in a buffer that can be transferred. The first line is the rows as JSON, with a number for
 * each manifest. The lines after it are the manifests, so that decoding the rows does not parse them.
 */
export function encodeTree(rows: TreeData): Uint8Array<ArrayBuffer> {
  const manifests = new Map<Manifest | string, number>();
  for (const [, , , , manifest] of rows) if (!manifests.has(manifest)) manifests.set(manifest, manifests.size);
  const numbered = rows.map((row) =>
    row.map((value, i) => (i === MANIFEST ? manifests.get(value as Manifest) : value)),
  );
  return new TextEncoder().encode([JSON.stringify(numbered), ...[...manifests.keys()].map(textOf)].join("\n"));
}

/**
 * Returns a manifest as JSON. A member that nests too deep for the stack is left out. Members that matter to npm never do,
 * because reading them would have failed before.
 */
function textOf(manifest: Manifest | string): string {
  if (typeof manifest === "string") return manifest;
  try {
    return JSON.stringify(manifest);
  } catch {
    // Members are written one by one: a member can be too deep inside the manifest and not too deep alone.
    return `{${Object.entries(manifest).flatMap(memberText).join()}}`;
  }
}

function memberText([key, value]: [string, unknown]): string[] {
  try {
    const text = JSON.stringify(value);
    return text === undefined ? [] : [`${JSON.stringify(key)}:${text}`];
  } catch {
    return [];
  }
}

/** Decodes a tree that {@link encodeTree} encoded. The manifests stay texts. */
export function decodeTree(bytes: Uint8Array): TreeData {
  const [text = "", ...manifests] = new TextDecoder().decode(bytes).split("\n");
  const rows = JSON.parse(text);
  for (const row of rows) row[MANIFEST] = manifests[row[MANIFEST]];
  return rows;
}

import type { Manifest } from "../api/manifest.ts";
import type { TreeData } from "./tree-data.ts";

/** Where a row has its manifest. */
const MANIFEST = 4;

/**
 * UTF-8 in a buffer of its own, to be transferred: the rows as a line of JSON, in which manifests are numbers, then a line for
 * each manifest, so that reading the rows does not read those.
 */
export function encodeTree(rows: TreeData): Uint8Array<ArrayBuffer> {
  const manifests = new Map<Manifest | string, number>();
  for (const [, , , , manifest] of rows) if (!manifests.has(manifest)) manifests.set(manifest, manifests.size);
  const numbered = rows.map((row) =>
    row.map((value, i) => (i === MANIFEST ? manifests.get(value as Manifest) : value)),
  );
  return new TextEncoder().encode([JSON.stringify(numbered), ...[...manifests.keys()].map(textOf)].join("\n"));
}

/** A member that nests too deep for the stack is left out: one that an installer reads would have failed before. */
function textOf(manifest: Manifest | string): string {
  if (typeof manifest === "string") return manifest;
  try {
    return JSON.stringify(manifest);
  } catch {
    // Each by itself: what is shallow enough alone need not be so among others.
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

/** What {@link encodeTree} was given, the manifests still as text. */
export function decodeTree(bytes: Uint8Array): TreeData {
  const [text = "", ...manifests] = new TextDecoder().decode(bytes).split("\n");
  const rows = JSON.parse(text);
  for (const row of rows) row[MANIFEST] = manifests[row[MANIFEST]];
  return rows;
}

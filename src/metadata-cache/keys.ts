// Keys of blobs: `1 i <namespace>` is an index, `1 g <group> <namespace>` a group. The first number is the format. Blobs of
// another format are neither read nor overwritten.

const INDEX = "1 i ";
const GROUP = "1 g ";

export function indexKey(namespace: string): string {
  return INDEX + namespace;
}

export function groupKey(namespace: string, id: number): string {
  return `${GROUP}${id} ${namespace}`;
}

/** Returns the namespace of an index key; undefined for any other key. */
export function namespaceOfKey(key: string): string | undefined {
  return key.startsWith(INDEX) ? key.slice(INDEX.length) : undefined;
}

export function isGroupKey(key: string): boolean {
  return key.startsWith(GROUP);
}

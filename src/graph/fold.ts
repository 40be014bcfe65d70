const PLAIN = /^[a-z0-9@/._-]*$/;
const folded = new Map<string, string>();

/**
 * Returns the key of a name among a folder's children: NFKD, then lower case (npm-tree §4). Names of one key would be one
 * folder on many file systems, such as `JSONStream` and `jsonstream`.
 */
export function fold(name: string): string {
  if (PLAIN.test(name)) return name;
  let key = folded.get(name);
  if (key === undefined) {
    key = name.normalize("NFKD").toLowerCase();
    if (folded.size > 10_000) folded.clear();
    folded.set(name, key);
  }
  return key;
}

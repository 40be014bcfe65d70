const PLAIN = /^[a-z0-9@/._-]*$/;
const folded = new Map<string, string>();

/**
 * The key under which npm files a name among a folder's children: NFKD, then lower case (npm-tree §4), since two such
 * names would be one folder on many file systems. `JSONStream` and `jsonstream` are one key.
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

// Members of a manifest by number: those that need thought, those of `scripts`, those of `dist`, those that are copied.
export const NAME = 1;
export const VERSION = 2;
export const DIST = 3;
export const SCRIPTS = 4;
/** With the next two: what npm runs when it installs. */
export const INSTALL = 5;
/** With the next two: where a package's bytes are, and their hashes. */
export const TARBALL = 8;
export const INTEGRITY = 9;
/** From here on, what can change a tree, a lock or a warning. */
export const COPIED = 11;

const MEMBERS = (
  ",name,version,dist,scripts,install,preinstall,postinstall,tarball,integrity,shasum,dependencies,optionalDependencies" +
  ",peerDependencies,peerDependenciesMeta,acceptDependencies,bundleDependencies,bundledDependencies,bin,engines,os,cpu" +
  ",libc,license,funding,workspaces,deprecated,hasInstallScript,_hasShrinkwrap,_integrity"
)
  .split(",")
  .map((name) => new TextEncoder().encode(name));

/** Numbers by length and first letter: no two members share both. */
const NUMBERS: Uint8Array = new Uint8Array(1024);
for (const [number, name] of MEMBERS.entries()) NUMBERS[cell(name.length, name[0])] = number;

function cell(length: number, first: number | undefined): number {
  return ((length & 31) << 5) | ((first as number) & 31);
}

/** The number of the member with this key, below 31; 0 for one that nobody reads. */
export function memberAt(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  const number = NUMBERS[cell(length, bytes[start])] as number;
  const name = MEMBERS[number] as Uint8Array;
  if (name.length !== length) return 0;
  for (let at = 1; at < length; at++) if (bytes[start + at] !== name[at]) return 0;
  return number;
}

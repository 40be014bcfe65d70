// Numbers the members of a manifest, so that `condense` recognises a key from its bytes, without making a string of it: a
// large packument has very many keys. The order matters: first the members that get special treatment, then those of
// `scripts` and of `dist`, then those that are copied.
//
//   memberAt(bytes of `peerDependencies`) → 13, which is ≥ FIRST_COPIED: copy it
//   memberAt(bytes of `readme`)           → 0: skip it

export const NAME_MEMBER = 1;
export const VERSION_MEMBER = 2;
export const DIST_MEMBER = 3;
export const SCRIPTS_MEMBER = 4;
/** The first of the three scripts that npm runs when it installs. */
export const INSTALL_MEMBER = 5;
/** The first of three members of `dist`: the tarball's URL, and its hashes. */
export const TARBALL_MEMBER = 8;
export const INTEGRITY_MEMBER = 9;
/** The first of the members that are copied: those that can change a tree, a lock or a warning. */
export const FIRST_COPIED = 11;

const MEMBERS = (
  ",name,version,dist,scripts,install,preinstall,postinstall,tarball,integrity,shasum,dependencies,optionalDependencies" +
  ",peerDependencies,peerDependenciesMeta,acceptDependencies,bundleDependencies,bundledDependencies,bin,engines,os,cpu" +
  ",libc,license,funding,workspaces,deprecated,hasInstallScript,_hasShrinkwrap,_integrity"
)
  .split(",")
  .map((name) => new TextEncoder().encode(name));

/** Member numbers by length and first letter. No two members share both. */
const NUMBERS: Uint8Array = new Uint8Array(1024);
for (const [number, name] of MEMBERS.entries()) NUMBERS[cell(name.length, name[0])] = number;

function cell(length: number, first: number | undefined): number {
  return ((length & 31) << 5) | ((first as number) & 31);
}

/** Returns the number (below 31) of the member with this key, or 0 for a member that no installer reads. */
export function memberAt(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  const number = NUMBERS[cell(length, bytes[start])] as number;
  const name = MEMBERS[number] as Uint8Array;
  if (name.length !== length) return 0;
  for (let at = 1; at < length; at++) if (bytes[start + at] !== name[at]) return 0;
  return number;
}

import type { FileSink, SinkFile, SinkLink, SinkState } from "../../src/api/sink.ts";

/** Files by path. An executable one starts with `#!`. */
export type Files = Readonly<Record<string, string>>;

/** A tree: the files of packages by location, and links with their targets. */
export interface TestTree {
  packages: Readonly<Record<string, Files>>;
  links?: Readonly<Record<string, string>>;
}

const encoder = new TextEncoder();

/** Makes a package with a package.json, and an index.js that names it. */
export function pack(version: string, more: Files = {}): Files {
  return { "package.json": JSON.stringify({ version }), "index.js": `module.exports = "${version}";\n`, ...more };
}

/** Returns a string like a sha512 SRI that depends on the files. */
export function integrityOf(files: Files): string {
  let sum = 7;
  for (const char of JSON.stringify(files)) sum = (Math.imul(sum, 31) + char.charCodeAt(0)) >>> 0;
  return `sha512-${sum.toString(16).padStart(86, "A")}==`;
}

export const modeOf = (text: string): number => (text.startsWith("#!") ? 0o755 : 0o644);

export function* filesOf(files: Files): Generator<SinkFile> {
  for (const [path, text] of Object.entries(files)) yield { path, bytes: encoder.encode(text), mode: modeOf(text) };
}

export function linksOf(tree: TestTree): SinkLink[] {
  return Object.entries(tree.links ?? {}).map(([path, to]) => ({ path, to }));
}

export function stateOf(tree: TestTree): SinkState {
  const packages = new Map(Object.entries(tree.packages).map(([at, files]) => [at, integrityOf(files)]));
  return { packages, links: linksOf(tree), hiddenLock: lockOf(tree) };
}

function versionOf(files: Files, path: string): string {
  return JSON.parse(files[path] ?? "{}").version;
}

/** Writes the text of `node_modules/.package-lock.json` as npm does. */
export function lockOf(tree: TestTree): string {
  const packages: Record<string, object> = {};
  for (const [path, to] of Object.entries(tree.links ?? {})) {
    if (path.includes("/.bin/")) continue;
    packages[path] = { resolved: to, link: true };
    packages[to] = {};
  }
  for (const [at, files] of Object.entries(tree.packages)) {
    packages[at] = { version: versionOf(files, "package.json"), integrity: integrityOf(files) };
    for (const path of Object.keys(files)) {
      const folder = `${at}/${path.slice(0, -"/package.json".length)}`;
      if (/(?:^|\/)node_modules\/[^/]+\/package\.json$/.test(path) && !tree.packages[folder])
        packages[folder] = { version: versionOf(files, path), inBundle: true };
    }
  }
  return JSON.stringify({ name: "project", lockfileVersion: 3, requires: true, packages }, null, 2);
}

/** Installs a tree as the library does, and returns the kept locations. */
export async function install(sink: FileSink, tree: TestTree): Promise<string[]> {
  const session = await sink.open();
  try {
    const state = stateOf(tree);
    const keep = [...state.packages.keys()].filter((at) => session.held.get(at) === state.packages.get(at));
    await session.begin(new Set(keep));
    for (const [at, files] of Object.entries(tree.packages))
      if (!keep.includes(at)) await session.write(at, filesOf(files));
    await session.commit(state);
    return keep;
  } catch (error) {
    await session.abort();
    throw error;
  }
}

/** Texts by path: `+x ` marks an executable file, and `-> ` the target of a link. */
export type Listing = Record<string, string>;

export function listingOf(tree: TestTree, knows: { modes: boolean; links: boolean }): Listing {
  const listing: Listing = {};
  for (const [at, files] of Object.entries(tree.packages))
    for (const [path, text] of Object.entries(files))
      listing[`${at}/${path}`] = knows.modes && modeOf(text) === 0o755 ? `+x ${text}` : text;
  if (knows.links) for (const { path, to } of linksOf(tree)) listing[path] = `-> ${to}`;
  return listing;
}

/** Returns a link's target relative to the project: the inverse of `linkText`. */
export function followed(path: string, text: string): string {
  const parts = path.split("/").slice(0, -1);
  for (const part of text.split("/")) {
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else parts.push(part);
  }
  return parts.join("/");
}

// Loaded on demand: when a project has a yarn.lock (classic, version 1).
//
// Reads and rewrites it as npm does (npm-tree §18.1):
//
// 1. Read: each block maps its `name@spec` keys to a version, an address and an integrity.
// 2. Pin: without a package-lock, a spec found in it is replaced by the version of its block. If the package is not from the
//    default public registry, it is replaced by the address.
// 3. Write: visit the tree from the root, breadth-first, in en-order. Each node makes a block whose keys are the specs of
//    the edges into it. If two nodes have one `name@spec`, the first, shallowest one gets it. Nodes from the same source
//    share a block.

import { enOrder } from "../base/collate.ts";
import { relativePath } from "../base/posix-path.ts";
import { shownValue } from "../base/shown-value.ts";
import { sortPausing } from "../base/sort-pausing.ts";
import { InstallError } from "../errors/failure.ts";
import { overLimit } from "../errors/limit.ts";
import type { NpmRules } from "../spec/npm-rules.ts";
import { parseSpec, type Spec } from "../spec/spec.ts";
import { versionOfTarball } from "./old-lock.ts";
import { carryResolved } from "./resolved.ts";
import type { LockNode } from "./write-lock.ts";

/** A block of a yarn.lock. */
export interface YarnEntry {
  version: string | null;
  resolved: string | null;
  integrity: string | null;
}

/** The most characters of a yarn.lock, and of one of its lines. */
const MAX_TEXT = 32 * 2 ** 20;
const MAX_LINE = 2 ** 20;
/** Lines, or packages, between two pauses. */
const AT_ONCE = 500;

/**
 * Step 1: returns the blocks by `name@spec`. As in npm, a damaged text gives the blocks before the damage. Pauses between lines.
 * @throws InstallError ELIMIT
 */
export function* parseYarnLock(text: string): Generator<undefined, Map<string, YarnEntry>> {
  if (text.length > MAX_TEXT) {
    throw new InstallError(overLimit(`yarn.lock has more than ${MAX_TEXT} characters. Use npm's lock instead.`));
  }
  const entries = new Map<string, YarnEntry>();
  let current: YarnEntry | null = null;
  let count = 0;
  for (let start = 0, end = 0; end >= 0; start = end + 1) {
    if (++count % AT_ONCE === 0) yield;
    end = text.indexOf("\n", start);
    const line = text.slice(start, end < 0 ? undefined : end - (text[end - 1] === "\r" ? 1 : 0));
    if (line.length > MAX_LINE) break;
    if (line[0] === "#") continue;
    if (line === "") current = null;
    else if (/^\S.*:$/.test(line)) {
      current = { version: null, resolved: null, integrity: null };
      for (const spec of splitQuoted(line.slice(0, -1), /, */)) entries.set(spec, current);
    } else if (/^ {4}\S/.test(line) || /^ {2}\S+:$/.test(line)) continue;
    else {
      const [key, value, more] = splitQuoted(line.trimStart(), / /);
      if (!/^ {2}\S+ ./.test(line) || !current || value === undefined || more !== undefined) break;
      if (key === "resolved") current.resolved = value.replace(/#.*/, "");
      else if (key === "version" || key === "integrity") current[key] = value;
    }
  }
  return entries;
}

/** Splits a list whose items may be quoted: `"a@1, 2", b@1` is `a@1, 2` and `b@1`. */
function splitQuoted(text: string, delimiter: RegExp): string[] {
  const out: string[] = [];
  let open: string | null = null;
  for (const part of text.split(delimiter)) {
    if (open === null) {
      if (/^".*"$/.test(part)) out.push(part.slice(1, -1));
      else if (part[0] === '"') open = part.slice(1);
      else out.push(part.trim());
    } else if (endsQuote(part)) {
      out.push(open + part.trimEnd().slice(0, -1));
      open = null;
    } else open += part;
  }
  return open === null ? out : [...out, open];
}

/** Checks whether a text ends with a quote that no backslash escapes. */
function endsQuote(text: string): boolean {
  let before = text.length - 2;
  while (text[before] === "\\") before--;
  return text.endsWith('"') && before >= 0 && (text.length - before) % 2 === 0;
}

/** The replacement of a spec that yarn.lock contains: a version, an alias, or an address. */
export interface YarnPin {
  spec: Spec;
  resolved: string;
  integrity: string | null;
}

/**
 * Step 2: returns the spec that replaces this one, or null if yarn.lock does not contain it. Used only without an npm lock.
 * @param isRegistry whether an address belongs to a default public registry. Other addresses stay addresses.
 */
export function yarnPin(
  entries: ReadonlyMap<string, YarnEntry>,
  spec: Spec,
  isRegistry: (url: string) => boolean,
): YarnPin | null {
  const entry = entries.get(spec.raw);
  if (!entry?.version || !entry.resolved) return null;
  const { resolved, version, integrity } = entry;
  const registry = "registry" in spec && isRegistry(resolved);
  const tarball = registry ? versionOfTarball(spec.name, resolved) : null;
  let pinned = resolved;
  if (tarball)
    pinned =
      tarball.name === spec.name && tarball.version === version ? version : `npm:${tarball.name}@${tarball.version}`;
  return { spec: parseSpec(spec.name, pinned, "/"), resolved, integrity };
}

/** A block to write. */
interface YarnBlock {
  specs: Set<string>;
  version: string | null;
  resolved: string | null;
  integrity: string | null;
  dependencies: Record<string, string> | null;
  optionalDependencies: Record<string, string> | null;
}

const YARN_HEADER = "# THIS IS AN AUTOGENERATED FILE. DO NOT EDIT THIS FILE DIRECTLY.\n# yarn lockfile v1\n\n\n";

/** Step 3: returns the yarn.lock that npm writes for a tree, or null if the tree has no dependencies. Pauses between packages. */
export function* writeYarnLock(root: LockNode, rules: NpmRules): Generator<undefined, string | null> {
  const entries = new Map<string, YarnBlock>();
  const queue: LockNode[] = [root];
  let count = 0;
  for (const node of queue) {
    if (++count % AT_ONCE === 0) yield;
    addBlock(entries, node, blockOf(node, root.path, rules));
    for (const below of [node.fsChildren, node.children.values()]) {
      const byName = (a: LockNode, b: LockNode): number => enOrder(a.name, b.name);
      for (const one of yield* sortPausing([...below], byName)) queue.push(one);
    }
  }
  if (entries.size === 0) return null;
  const blocks: { text: string; bare: string }[] = [];
  for (const block of new Set(entries.values())) {
    if (++count % AT_ONCE === 0) yield;
    const text = blockText(block);
    blocks.push({ text, bare: text.replaceAll('"', "") });
  }
  const sorted = yield* sortPausing(blocks, (a, b) => enOrder(a.bare, b.bare));
  return `${YARN_HEADER}${sorted.map(({ text }) => text).join("\n\n")}\n`;
}

/** Checks whether two blocks describe the same package: compares the first of integrity, address and version that both have. */
function sameSource(a: YarnBlock, b: YarnBlock): boolean {
  for (const key of ["integrity", "resolved", "version"] as const) if (a[key] && b[key]) return a[key] === b[key];
  return true;
}

/**
 * Adds a node's block. A yarn.lock has one block per `name@spec`, but a tree may have several nodes for it. The first, shallowest
 * one keeps it. A node from the same source as an earlier block adds its specs to that block.
 */
function addBlock(entries: Map<string, YarnBlock>, node: LockNode, own: YarnBlock): void {
  const specs = [...node.edgesIn].map(({ effective }) => `${node.name}@${effective}`).sort(enOrder);
  let prior: YarnBlock | null = null;
  let fresh: string[] = [];
  for (const spec of specs) {
    const known = entries.get(spec);
    if (!known) {
      if (prior) prior.specs.add(spec);
      else fresh.push(spec);
    } else if (sameSource(known, own)) {
      if (prior) {
        prior.specs.add(spec);
        entries.set(spec, prior);
      } else {
        prior = known;
        for (const each of fresh) entries.set(each, known.specs.add(each) && known);
        fresh = [];
      }
    }
  }
  if (prior) {
    for (const key of ["version", "resolved", "integrity", "dependencies", "optionalDependencies"] as const) {
      if (own[key]) Object.assign(prior, { [key]: own[key] });
    }
  } else {
    own.specs = new Set(fresh);
    for (const spec of fresh) entries.set(spec, own);
  }
}

function blockOf(node: LockNode, rootPath: string, rules: NpmRules): YarnBlock {
  const { manifest, version, integrity, isLink } = node;
  return {
    specs: new Set(),
    version: version || null,
    resolved: isLink
      ? `file:${relativePath(rootPath, node.realpath)}`
      : carryResolved(node.resolved, node.path, { to: rootPath, rules }),
    integrity: integrity || null,
    dependencies: manifest.dependencies ?? null,
    optionalDependencies: manifest.optionalDependencies ?? null,
  };
}

function blockText(entry: YarnBlock): string {
  const lines = [`${[...entry.specs].sort(enOrder).map(quoteYarn).join(", ")}:`];
  if (entry.version !== null) lines.push(`  version ${JSON.stringify(entry.version)}`);
  if (entry.resolved !== null) lines.push(`  resolved ${JSON.stringify(entry.resolved)}`);
  if (entry.integrity !== null) lines.push(`  integrity ${entry.integrity}`);
  for (const section of ["dependencies", "optionalDependencies"] as const) {
    const names = Object.keys(entry[section] ?? {}).sort(enOrder);
    if (names.length === 0) continue;
    lines.push(
      `  ${section}:`,
      ...names.map((name) => `    ${quoteYarn(name)} ${quoteYarn(shownValue(entry[section]?.[name]))}`),
    );
  }
  return lines.join("\n").trim();
}

function quoteYarn(text: string): string {
  return /^(?:true|false)/.test(text) || /[:\s\\",[\]]/.test(text) || !/^[a-z]/i.test(text)
    ? JSON.stringify(text)
    : text;
}

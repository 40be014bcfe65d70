import type { ImportMap } from "../api/flat.ts";
import type { MapWork } from "./map-budget.ts";

type Section = Map<string, string>;

/** A section that was written, and whether it has folder keys. */
interface WrittenSection {
  readonly own: Section;
  readonly hasFolders: boolean;
}

/** The scope of the map's `imports`, which applies where no other scope does. */
export const EVERYWHERE = "";

/**
 * Collects mappings for scopes, and writes them as a minimal import map. Keys are specifiers or addresses.
 *
 * 1. `add` collects the desired mapping of each scope. The first one for a key wins.
 * 2. `map` goes through the scopes from the outside in.
 * 3. It leaves out a mapping that an enclosing scope, or a key with a slash, gives already.
 */
export class Mappings {
  readonly #wanted = new Map<string, Section>([[EVERYWHERE, new Map()]]);

  /** Adds a mapping. Returns false if the scope already maps `key` to another address, which it keeps. */
  add(scope: string, key: string, address: string): boolean {
    const section: Section = this.#wanted.get(scope) ?? new Map();
    this.#wanted.set(scope, section);
    const known = section.get(key);
    if (known === undefined) section.set(key, address);
    return known === undefined || known === address;
  }

  *map(): MapWork<ImportMap> {
    const written = new Map<string, WrittenSection>();
    // Enclosing scopes are shorter, so they come first.
    const scopes = [...this.#wanted.keys()].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
    for (const scope of scopes) {
      const outer = enclosingScopes(scope).flatMap((other) => written.get(other) ?? []);
      const wanted = this.#wanted.get(scope) as Section;
      yield { owner: scope, steps: 10 + wanted.size * (1 + outer.length) };
      const own = differing(wanted, outer);
      if (own.size > 0 || scope === EVERYWHERE) written.set(scope, { own, hasFolders: hasFolders(own) });
    }
    const imports = Object.fromEntries((written.get(EVERYWHERE) as WrittenSection).own);
    written.delete(EVERYWHERE);
    if (written.size === 0) return { imports };
    return {
      imports,
      scopes: Object.fromEntries([...written].map(([scope, { own }]) => [scope, Object.fromEntries(own)])),
    };
  }
}

/** Returns the enclosing scopes, innermost first: `/a/b/`, `/a/`, `/` and everywhere for `/a/b/c.js`. */
function enclosingScopes(scope: string): string[] {
  const out: string[] = [];
  if (scope === EVERYWHERE) return out;
  for (let at = scope.lastIndexOf("/", scope.length - 2); at >= 0; at = scope.lastIndexOf("/", at - 1)) {
    out.push(scope.slice(0, at + 1));
    if (at === 0) break;
  }
  return [...out, EVERYWHERE];
}

/** Returns the mappings of a scope that neither the enclosing sections nor its own folder keys give already. */
function differing(wanted: Section, outer: readonly WrittenSection[]): Section {
  const own: Section = new Map();
  const sections = [{ own, hasFolders: hasFolders(wanted) }, ...outer];
  // Folder keys come first: they apply to all their subpaths, and override enclosing sections.
  const keys = [...wanted.keys()];
  const folders = keys.filter((key) => key.endsWith("/")).sort((a, b) => a.length - b.length);
  for (const key of [...folders, ...keys.filter((one) => !one.endsWith("/"))]) {
    const address = wanted.get(key) as string;
    if (addressOf(sections, key) !== address) own.set(key, address);
  }
  return new Map([...wanted].filter(([key]) => own.has(key)));
}

function hasFolders(section: Section): boolean {
  for (const key of section.keys()) if (key.endsWith("/")) return true;
  return false;
}

/** Returns the address of a key by the first section that has it, or has a folder key that it begins with (the longest wins). */
function addressOf(sections: readonly WrittenSection[], key: string): string | undefined {
  for (const { own, hasFolders } of sections) {
    const exact = own.get(key);
    if (exact !== undefined) return exact;
    for (let at = hasFolders ? key.lastIndexOf("/") : 0; at > 0; at = key.lastIndexOf("/", at - 1)) {
      const folder = own.get(key.slice(0, at + 1));
      // A folder key does not match itself.
      if (folder !== undefined && at + 1 < key.length) return folder + key.slice(at + 1);
    }
  }
  return undefined;
}

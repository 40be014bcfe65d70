import type { ImportMap } from "../api/flat.ts";

type Section = Map<string, string>;

/** The scope of all that no other scope is about: the map's `imports`. */
export const EVERYWHERE = "";

/**
 * What imports of some places shall mean, gathered first and then said as an import map says it: a scope holds what it sees
 * otherwise than the scopes around it do. Keys are the map's: specifiers, or addresses.
 */
export class Mappings {
  readonly #omitFilter = new Map<string, Section>([[EVERYWHERE, new Map()]]);

  /** False where `key` is to mean something else there; that stays. */
  add(scope: string, key: string, address: string): boolean {
    const section: Section = this.#omitFilter.get(scope) ?? new Map();
    this.#omitFilter.set(scope, section);
    const known = section.get(key);
    if (known === undefined) section.set(key, address);
    return known === undefined || known === address;
  }

  map(): ImportMap {
    const said = new Map<string, Section>();
    // From the outside in: what is around a scope is known when its turn comes.
    const scopes = [...this.#omitFilter.keys()].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
    for (const scope of scopes) {
      const outer = around(scope).flatMap((other) => said.get(other) ?? []);
      const own = differing(this.#omitFilter.get(scope) as Section, outer);
      if (own.size > 0 || scope === EVERYWHERE) said.set(scope, own);
    }
    const imports = Object.fromEntries(said.get(EVERYWHERE) as Section);
    said.delete(EVERYWHERE);
    if (said.size === 0) return { imports };
    return { imports, scopes: Object.fromEntries([...said].map(([scope, own]) => [scope, Object.fromEntries(own)])) };
  }
}

/** What a scope is in, the innermost first: `/a/b/c.js` is in `/a/b/`, `/a/`, `/`, and everywhere. */
function around(scope: string): string[] {
  const out: string[] = [];
  if (scope === EVERYWHERE) return out;
  for (let at = scope.lastIndexOf("/", scope.length - 2); at >= 0; at = scope.lastIndexOf("/", at - 1)) {
    out.push(scope.slice(0, at + 1));
    if (at === 0) break;
  }
  return [...out, EVERYWHERE];
}

/** Of a scope's keys those that the sections around it, or folders of its own, do not give the meaning that is wanted. */
function differing(omitFilter: Section, outer: readonly Section[]): Section {
  const own: Section = new Map();
  // A folder speaks for all in it, also for what is said further out.
  const keys = [...omitFilter.keys()];
  const folders = keys.filter((key) => key.endsWith("/")).sort((a, b) => a.length - b.length);
  for (const key of [...folders, ...keys.filter((one) => !one.endsWith("/"))]) {
    const address = omitFilter.get(key) as string;
    if (meaning([own, ...outer], key) !== address) own.set(key, address);
  }
  return new Map([...omitFilter].filter(([key]) => own.has(key)));
}

/** What a key means by the first section that knows it, or knows the longest folder that it begins with. */
function meaning(sections: readonly Section[], key: string): string | undefined {
  for (const section of sections) {
    const exact = section.get(key);
    if (exact !== undefined) return exact;
    for (let at = key.lastIndexOf("/"); at > 0; at = key.lastIndexOf("/", at - 1)) {
      const folder = section.get(key.slice(0, at + 1));
      // A folder's own key is no file in it.
      if (folder !== undefined && at + 1 < key.length) return folder + key.slice(at + 1);
    }
  }
  return undefined;
}

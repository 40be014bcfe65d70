import type { ImportMap } from "../../src/api/flat.ts";

type Section = ReadonlyMap<string, string>;

/** Returns the address of a specifier in the module at an address; null if a browser would throw. */
export type Meaning = (specifier: string, module: string) => string | null;

/** Reads an import map as a page at this address does, by the HTML standard's "resolve a module specifier". */
export function byMap(map: ImportMap, page: string): Meaning {
  const imports = parsed(map.imports, page);
  const scopes = Object.entries(map.scopes ?? {})
    .map(([scope, section]) => [new URL(scope, page).href, parsed(section, page)] as const)
    .sort(([a], [b]) => (a < b ? 1 : -1));
  const known = new Map<string, readonly Section[]>();
  const around = (module: string): readonly Section[] => {
    const found = scopes.filter(([scope]) => scope === module || (scope.endsWith("/") && module.startsWith(scope)));
    return found.map(([, section]) => section);
  };
  return (specifier, module) => {
    const url = addressOf(specifier, module);
    const key = url ?? specifier;
    const sections = known.get(module) ?? around(module);
    known.set(module, sections);
    for (const section of sections) {
      const found = lookUp(section, key);
      if (found !== null) return found;
    }
    return lookUp(imports, key) ?? url;
  };
}

/** Sorts keys so that the longest matching one comes first. */
function parsed(section: Readonly<Record<string, string>>, page: string): Section {
  const entries = Object.entries(section).map(([key, to]) => {
    const address = addressOf(to, page);
    if (address === null) throw new Error(`${to} is not an address`);
    if (key.endsWith("/") && !address.endsWith("/")) throw new Error(`${key} leads to a file`);
    return [addressOf(key, page) ?? key, address] as const;
  });
  return new Map(entries.sort(([a], [b]) => b.length - a.length));
}

function addressOf(text: string, base: string): string | null {
  if (/^\.{0,2}\//.test(text)) return URL.canParse(text, base) ? new URL(text, base).href : null;
  return URL.canParse(text) ? new URL(text).href : null;
}

function lookUp(section: Section, wanted: string): string | null {
  const exact = section.get(wanted);
  if (exact !== undefined) return exact;
  for (const [key, to] of section)
    if (key.endsWith("/") && wanted.startsWith(key)) return new URL(wanted.slice(key.length), to).href;
  return null;
}

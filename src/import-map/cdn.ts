import { baseAddress, isAddress, refusedOption } from "./address.ts";

/** Where a CDN has a package's version. */
export interface Addresses {
  readonly main: string;
  /** What its subpaths are put behind, with a slash at its end; null: they cannot be. */
  readonly folder: string | null;
}

export type Cdn = (name: string, version: string) => Addresses;

/** What stands behind the CDN's address. `main` where its entry is not the template without a path. */
interface KnownCdn {
  readonly base: string;
  readonly template: string;
  readonly main?: string;
}

// As the CDNs work in 2026; docs/import-maps.md says where from, and what each cannot promise.
const KNOWN: ReadonlyMap<string, KnownCdn> = new Map([
  // The star leaves all dependencies to the import map.
  ["esm.sh", { base: "https://esm.sh/", template: "*{name}@{version}{path}" }],
  ["jsdelivr", { base: "https://cdn.jsdelivr.net/", template: "npm/{name}@{version}{path}", main: "/+esm" }],
  // Files as they are published; the conditions say which is the entry. `?module` would rewrite what they import.
  [
    "unpkg",
    {
      base: "https://unpkg.com/",
      template: "{name}@{version}{path}",
      main: "?conditions=browser,module,import,default",
    },
  ],
  ["jspm", { base: "https://ga.jspm.io/", template: "npm:{name}@{version}{path}", main: "/index.js" }],
]);

/** A CDN by its name, or by a template. @throws InstallError EINVALIDOPTION */
export function cdnOf(provider: string, base: string | undefined): Cdn {
  const known = KNOWN.get(provider);
  if (known) {
    const whole = (base === undefined ? known.base : baseAddress(base)) + known.template;
    return (name, version) => ({
      main: fill(whole, { name, version, path: known.main ?? "" }),
      folder: fill(whole, { name, version, path: "/" }),
    });
  }
  const such = `${[...KNOWN.keys()].join(", ")} or ${EXAMPLE}`;
  if (!provider.includes("{name}") || !provider.includes("{version}"))
    throw refusedOption("provider", provider, { why: "is no CDN that is known, and no template", such });
  if (base !== undefined && isAddress(provider))
    throw refusedOption("base", base, {
      why: "has no place: the template has an address",
      such: "{name}@{version}{path}",
    });
  const whole = base === undefined ? provider : baseAddress(base) + provider;
  if (!isAddress(fill(whole, { name: "a", version: "1.0.0", path: "/a" })))
    throw refusedOption("provider", provider, { why: "makes no address", such: EXAMPLE });
  // Only what stands at the end of an address can be left to be put there.
  const hasFolder = whole.endsWith("{path}");
  return (name, version) => ({
    main: fill(whole, { name, version, path: "" }),
    folder: hasFolder ? fill(whole, { name, version, path: "/" }) : null,
  });
}

const EXAMPLE = "https://cdn.example/{name}@{version}{path}";

interface Parts {
  name: string;
  version: string;
  path: string;
}

function fill(template: string, { name, version, path }: Parts): string {
  const parts: Readonly<Record<string, string>> = {
    // The slash behind a scope stays.
    "{name}": name.replace(/[^@/]+/g, encodeURIComponent),
    "{version}": encodeURIComponent(version),
    "{path}": path,
  };
  return template.replace(/\{(?:name|version|path)\}/g, (part) => parts[part] as string);
}

import { invalidOption } from "../errors/invalid-option.ts";
import { baseAddress, isAddress, refusedOption } from "./address.ts";

/** The addresses of one version of a package on a CDN. */
export interface Addresses {
  readonly main: string;
  /** The address before subpaths, with a slash at its end; null if subpaths are not possible. */
  readonly folder: string | null;
  /** True if the CDN applies `exports` to subpaths. Otherwise subpaths are the paths of files. */
  readonly appliesExports?: boolean;
}

export type Cdn = (name: string, version: string) => Addresses;

/** A CDN by name. `main` is the path of a package's entry, if it is not empty. */
interface KnownCdn {
  readonly base: string;
  readonly template: string;
  readonly main?: string;
  readonly appliesExports?: boolean;
}

// The CDNs as of 2026. docs/import-maps.md says what each of them can and cannot do.
const KNOWN: ReadonlyMap<string, KnownCdn> = new Map([
  // The star makes esm.sh keep all imports of other packages, so that the import map decides.
  ["esm.sh", { base: "https://esm.sh/", template: "*{name}@{version}{path}", appliesExports: true }],
  ["jsdelivr", { base: "https://cdn.jsdelivr.net/", template: "npm/{name}@{version}{path}", main: "/+esm" }],
  // Serves files as published. The conditions select the entry. `?module` would rewrite imports.
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

/** Returns the CDN for a name or a template. @throws InstallError EINVALIDOPTION */
export function cdnOf(provider: string, base: string | undefined): Cdn {
  const known = KNOWN.get(provider);
  if (known) {
    const whole = (base === undefined ? known.base : baseAddress(base)) + known.template;
    return (name, version) => ({
      main: fill(whole, { name, version, path: known.main ?? "" }),
      folder: fill(whole, { name, version, path: "/" }),
      ...(known.appliesExports && { appliesExports: true }),
    });
  }
  const examples = `${[...KNOWN.keys()].join(", ")} or ${EXAMPLE}`;
  if (!provider.includes("{name}") || !provider.includes("{version}"))
    throw refusedOption("provider", provider, { must: "be a known CDN or a template", examples });
  if (base !== undefined && isAddress(provider))
    throw invalidOption("options.base cannot be combined with a template that has an address.", [
      { kind: "option", option: "base", text: `Leave out base, or use a template such as {name}@{version}{path}.` },
    ]);
  const whole = base === undefined ? provider : baseAddress(base) + provider;
  if (!isAddress(fill(whole, { name: "a", version: "1.0.0", path: "/a" })))
    throw refusedOption("provider", provider, { must: "be a template of an address", examples: EXAMPLE });
  // An import map appends subpaths, so `{path}` must be at the end.
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
    // The slash after a scope is not escaped.
    "{name}": name.replace(/[^@/]+/g, encodeURIComponent),
    "{version}": encodeURIComponent(version),
    "{path}": path,
  };
  return template.replace(/\{(?:name|version|path)\}/g, (part) => parts[part] as string);
}

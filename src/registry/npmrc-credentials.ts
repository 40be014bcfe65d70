// Loaded on demand: when an `.npmrc` has credentials, or a variable in the URL of a registry.

import type { Failure } from "../api/failure.ts";
import { shorten } from "../errors/failure.ts";
import type { Npmrc, NpmrcRules } from "./npmrc.ts";
import { warn } from "./npmrc-warning.ts";
import type { NpmrcSecrets } from "./read-npmrc.ts";
import { type ProjectCredential, parseUrl, registryBase } from "./registry-config.ts";

/** Matches npm's keys of credentials for an address: `//host/path/:_authToken`. */
const ADDRESSED = /^(\/\/.+):(_authToken|_auth|username|_password)$/;
/** A header can carry only these characters. */
const HEADER_TEXT = /^[ -~]+$/;

/** The credentials of one address, by the last part of their keys. */
type Parts = Partial<Record<"_authToken" | "_auth" | "username" | "_password", string>>;

/** The options of an installer that name addresses. */
type NamingOptions = Pick<NpmrcRules, "registry" | "scopes" | "tokenUrls" | "env">;

/** Returns the base URLs that the embedder has configured. */
function namedBases({ registry, scopes = {}, tokenUrls = [] }: NamingOptions): string[] {
  const urls = [...(registry === undefined ? [] : [registry]), ...Object.values(scopes), ...tokenUrls];
  return [...new Set(urls.map((url) => registryBase(url)))].filter((base) => base !== undefined);
}

/**
 * Keeps what must stay secret away from hosts that only the project names, so that nobody has to trust the project.
 *
 * 1. Credentials count where the embedder has configured an address too: see `limited`.
 * 2. A registry whose URL has a variable counts if the embedder has named its host. Otherwise a project could send the variable to a
 *    host of its own, as `registry=https://host/${NPM_TOKEN}`.
 */
export function limitToNamed(npmrc: Npmrc, secrets: NpmrcSecrets, options: NamingOptions): void {
  const named = namedBases(options);
  const variables = Object.values(options.env ?? {}).flatMap((value) => registryBase(value) ?? []);
  const origins = new Set([...named, ...variables].map((base) => parseUrl(base)?.origin));
  for (const scope of secrets.registries) {
    const base = (scope ? npmrc.scopes.get(scope) : npmrc.registry) ?? "";
    if (origins.has(parseUrl(base)?.origin)) continue;
    if (scope) npmrc.scopes.delete(scope);
    else delete npmrc.registry;
    const key = scope ? `${scope}:registry` : "registry";
    const message = `${key} is ignored: its URL has a variable, and only the project names its host.`;
    npmrc.warnings.push(warn(message, NAME_ADDRESS));
  }
  const { credentials, foreign, isAnyUnused } = limited(secrets.credentials, named);
  if (credentials.length > 0) npmrc.credentials = credentials;
  if (isAnyUnused) npmrc.warnings.push(warn("credentials are ignored.", NAME_ADDRESS));
  if (foreign.length > 0) {
    const hosts = shorten(foreign.join(", "));
    const message = `credentials are ignored for ${hosts}: no option of the installer names that address.`;
    npmrc.warnings.push(warn(message, NAME_ADDRESS));
  }
}

const NAME_ADDRESS: Failure["wayOut"] = [
  {
    kind: "option",
    option: "token",
    text: "If you trust the address, name it in `registry`, `scopes` or `tokenUrls`. Or pass credentials with `token`.",
  },
];

interface Limited {
  readonly credentials: readonly ProjectCredential[];
  /** Hosts that the embedder has not named. */
  readonly foreign: readonly string[];
  /** Whether there are credentials that are no use for any host. */
  readonly isAnyUnused: boolean;
}

/**
 * Limits credentials to the base URLs that the embedder has configured.
 *
 * 1. `//host/path/:_authToken` holds for the URLs below that path, with any scheme. It counts where these are below a configured base
 *    URL too: for the part that both have in common.
 * 2. Of one address, `_authToken` wins over `_auth`, and `_auth` over `username` with `_password`, as in npm.
 * 3. Of two addresses that a URL is below, the longer one wins.
 */
function limited(entries: ReadonlyMap<string, string>, named: readonly string[]): Limited {
  const found = new Map<string, ProjectCredential & { readonly own: number }>();
  const foreign = new Set<string>();
  let isAnyUnused = [...entries.keys()].some((key) => !ADDRESSED.test(key));
  for (const [address, parts] of byAddress(entries)) {
    const authorization = authorizationOf(parts);
    const host = parseUrl(`http:${address}`)?.host;
    if (!authorization || !host) {
      isAnyUnused = true;
      continue;
    }
    const common = named.flatMap((base) => commonBase(address, base) ?? []);
    if (common.length === 0) foreign.add(host);
    for (const { base, own } of common) {
      if ((found.get(base)?.own ?? 0) < own) found.set(base, { base, authorization, own });
    }
  }
  const credentials = [...found.values()].map(({ base, authorization }) => ({ base, authorization }));
  return { credentials, foreign: [...foreign], isAnyUnused };
}

function byAddress(entries: ReadonlyMap<string, string>): Map<string, Parts> {
  const addresses = new Map<string, Parts>();
  for (const [key, value] of entries) {
    const [, address, part] = ADDRESSED.exec(key) ?? [];
    if (!address || !part) continue;
    const parts = addresses.get(address) ?? {};
    parts[part as keyof Parts] = value;
    addresses.set(address, parts);
  }
  return addresses;
}

/** Returns the `Authorization` value; undefined if the parts are not enough for one, or no header could carry it. */
function authorizationOf({ _authToken: token, _auth: auth, username, _password: password }: Parts): string | undefined {
  const value = token ? `Bearer ${token}` : auth ? `Basic ${auth}` : username && password && basic(username, password);
  return value && HEADER_TEXT.test(value) ? value : undefined;
}

/** @param password in base64, as npm keeps it */
function basic(username: string, password: string): string | undefined {
  try {
    const bytes = new TextEncoder().encode(`${username}:`);
    return `Basic ${btoa(String.fromCharCode(...bytes) + atob(password))}`;
  } catch {
    return undefined;
  }
}

/** Returns the longer of an address and a base URL if it is below the other one, and the length of the address. */
function commonBase(address: string, base: string): { base: string; own: number } | undefined {
  const own = registryBase(`${parseUrl(base)?.protocol}${address}`);
  if (own === undefined) return undefined;
  const isCommon = base.startsWith(own) || own.startsWith(base);
  return isCommon ? { base: base.startsWith(own) ? base : own, own: own.length } : undefined;
}

import { trimSlashes } from "../base/posix-path.ts";
import { failure, InstallError } from "../errors/failure.ts";
import { escapePackageName, scopeOf } from "../spec/package-name.ts";

declare const __WEBHOIST_REGISTRY__: string | undefined;

/** The default registry of this build of the library, or `""` if the build has none. */
export const DEFAULT_REGISTRY: string = typeof __WEBHOIST_REGISTRY__ === "string" ? __WEBHOIST_REGISTRY__ : "";

/** The registries of a run. Base URLs end with `/` and have no credentials, query or fragment. Can be cloned. */
export interface RegistryConfig {
  readonly registry: string;
  /** Base URLs by scope, with its `@`. */
  readonly scopes: ReadonlyMap<string, string>;
  /** The default public registry. A tarball that a lock has from there is fetched from `registry`. */
  readonly home: string;
  /** Which tarball URLs of a lock mean `registry`: npm's `replace-registry-host`. Default `npmjs`: those of `home`. */
  readonly replaces?: string;
  /** Those of the project's `.npmrc`. They appear nowhere but in the headers of requests. */
  readonly credentials?: readonly ProjectCredential[] | undefined;
}

/** Credentials of a project's `.npmrc`, for URLs that the embedder has configured too. */
export interface ProjectCredential {
  /** The base URL of the requests that carry them. It is below one that the embedder has configured. */
  readonly base: string;
  /** The whole `Authorization` value. */
  readonly authorization: string;
}

export interface RegistryOptions {
  registry?: string | undefined;
  /** URLs by scope, with or without its `@`. */
  scopes?: Readonly<Record<string, string>> | ReadonlyMap<string, string> | undefined;
}

/** Parses a URL. Returns undefined if `text` is not one. */
export function parseUrl(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}

/** Parses an http(s) URL, and removes credentials, which `fetch` refuses, and the fragment, which it never sends. */
export function httpUrl(text: string, base?: string): URL | undefined {
  const url = parseUrl(text, base);
  if (!url || !/^https?:$/.test(url.protocol)) return undefined;
  url.username = url.password = url.hash = "";
  return url;
}

/**
 * Returns a base URL in the form of RegistryConfig, or undefined if `text` is not an http(s) URL. A relative URL refers to
 * `page`.
 */
export function registryBase(text: string, page?: string): string | undefined {
  const url = httpUrl(text, page);
  return url && `${url.origin}${trimSlashes(url.pathname)}/`;
}

/** Returns a base URL. @param owner the registry or scope, for the message. @throws InstallError EINVALIDREGISTRY */
function checkedBase(text: string, owner: string): string {
  const base = registryBase(text);
  if (base) return base;
  // The message does not repeat the text: it may contain credentials.
  const message = text ? `The URL of ${owner} is not an http or https URL.` : "No registry is set.";
  const wayOut = [{ kind: "option", text: "Set `registry` to a base URL.", option: "registry" } as const];
  throw new InstallError(failure("EINVALIDREGISTRY", message, { wayOut }));
}

/**
 * Returns the registries of a run. `replaces` is npm's `replace-registry-host`. Those of the options win over those of the `.npmrc`, and these win over the build's default.
 * @throws InstallError EINVALIDREGISTRY
 */
export function registryConfig(
  options: RegistryOptions,
  npmrc: RegistryOptions & Pick<RegistryConfig, "credentials"> = {},
  replaces?: string,
): RegistryConfig {
  const scopes = new Map<string, string>();
  for (const source of [npmrc.scopes, options.scopes]) {
    for (const [key, url] of source instanceof Map ? source : Object.entries(source ?? {})) {
      const scope = key.replace(/^@?/, "@");
      scopes.set(scope, checkedBase(url, scope));
    }
  }
  const registry = checkedBase(options.registry ?? npmrc.registry ?? DEFAULT_REGISTRY, "the registry");
  const { credentials } = npmrc;
  return { registry, scopes, home: DEFAULT_REGISTRY, credentials, ...(replaces && { replaces }) };
}

/** Returns the base URL of the registry of a package. */
export function registryOf(config: RegistryConfig, name: string): string {
  return config.scopes.get(scopeOf(name) ?? "") ?? config.registry;
}

/** Returns `<registry>/@a%2fb`. `name` must have passed `packageNameProblem`: like npm, this escapes only the slash. */
export function packumentUrl(config: RegistryConfig, name: string): string {
  return registryOf(config, name) + escapePackageName(name);
}

/** Returns `<registry>/@a%2fb/1.0.0`, the URL of one version's full manifest. */
export function manifestUrl(config: RegistryConfig, name: string, version: string): string {
  return `${packumentUrl(config, name)}/${encodeURIComponent(version)}`;
}

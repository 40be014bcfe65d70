import { failure, InstallError } from "../errors/failure.ts";
import { escapePackageName, scopeOf } from "../spec/package-name.ts";

declare const __WEBHOIST_REGISTRY__: string | undefined;

/** The registry a build of this library takes for granted: `""` in a build that names none. */
export const DEFAULT_REGISTRY: string = typeof __WEBHOIST_REGISTRY__ === "string" ? __WEBHOIST_REGISTRY__ : "";

/** Where packages come from. Base URLs end with `/` and carry no credentials, query or fragment. Can be cloned. */
export interface RegistryConfig {
  readonly registry: string;
  /** By scope, `@` included. */
  readonly scopes: ReadonlyMap<string, string>;
  /** The default public registry: tarballs recorded there come from `registry`, whichever that is. */
  readonly home: string;
}

export interface RegistryOptions {
  registry?: string | undefined;
  /** By scope, with or without its `@`. */
  scopes?: Readonly<Record<string, string>> | ReadonlyMap<string, string> | undefined;
}

/** A URL, or undefined where `text` is none. */
export function parseUrl(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}

/** An http(s) URL without credentials or fragment: `fetch` refuses the first and never sends the second. */
export function httpUrl(text: string, base?: string): URL | undefined {
  const url = parseUrl(text, base);
  if (!url || !/^https?:$/.test(url.protocol)) return undefined;
  url.username = url.password = url.hash = "";
  return url;
}

/** A base URL as the rest wants it, or undefined where `text` is not an http(s) URL. Credentials in it are dropped. A relative one is seen from `page`. */
export function registryBase(text: string, page?: string): string | undefined {
  const url = httpUrl(text, page);
  return url && url.origin + url.pathname.replace(/\/*$/, "/");
}

function checkedBase(text: string, what: string): string {
  const base = registryBase(text);
  if (base) return base;
  // The text is not repeated: it may carry credentials.
  const message = text ? `The URL of ${what} is not an http or https URL.` : "No registry is set.";
  const wayOut = [{ kind: "option", text: "Set `registry` to a base URL.", option: "registry" } as const];
  throw new InstallError(failure("EINVALIDREGISTRY", message, { wayOut }));
}

/**
 * The registries of a run: the embedder's win over those of a project's `.npmrc`, and these over the build's default.
 * @throws InstallError EINVALIDREGISTRY
 */
export function registryConfig(options: RegistryOptions, npmrc: RegistryOptions = {}): RegistryConfig {
  const scopes = new Map<string, string>();
  for (const source of [npmrc.scopes, options.scopes]) {
    for (const [key, url] of source instanceof Map ? source : Object.entries(source ?? {})) {
      const scope = key.replace(/^@?/, "@");
      scopes.set(scope, checkedBase(url, scope));
    }
  }
  const registry = checkedBase(options.registry ?? npmrc.registry ?? DEFAULT_REGISTRY, "the registry");
  return { registry, scopes, home: DEFAULT_REGISTRY };
}

/** Base URL of the registry that `name` comes from. */
export function registryOf(config: RegistryConfig, name: string): string {
  return config.scopes.get(scopeOf(name) ?? "") ?? config.registry;
}

/** `<registry>/@a%2fb`. `name` must have passed `packageNameProblem`: nothing else in it is escaped, as npm does. */
export function packumentUrl(config: RegistryConfig, name: string): string {
  return registryOf(config, name) + escapePackageName(name);
}

/** `<registry>/@a%2fb/1.0.0`: one version's full manifest. */
export function manifestUrl(config: RegistryConfig, name: string, version: string): string {
  return `${packumentUrl(config, name)}/${encodeURIComponent(version)}`;
}

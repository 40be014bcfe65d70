/** A file, and the query that its import has: `?raw`. */
export interface ModuleName {
  readonly path: string;
  /** With its question mark, or empty. */
  readonly query: string;
}

/** The module for imports that a `browser` field maps to `false`. */
export const EMPTY_ID = "webhoist:empty";

const UNAVAILABLE = "webhoist:unavailable/";

/** Returns the id of the stand-in for one of Node's own modules, which fails when the package uses it. */
export function unavailableId(builtin: string, { name, version }: { name: string; version: string }): string {
  return `${UNAVAILABLE}${builtin}?by=${encodeURIComponent(`${name}@${version}`)}`;
}

/** Returns the message of a stand-in; null for any other id. */
export function unavailableMessage(id: string): string | null {
  if (!id.startsWith(UNAVAILABLE)) return null;
  const [builtin, by = ""] = id.slice(UNAVAILABLE.length).split("?by=");
  return `${decodeURIComponent(by)} uses "${builtin}", one of Node's own modules, and a page does not have it.`;
}

/** Returns the id of a module. A path's own `?`, `#` and `%` are escaped. */
export function idOf({ path, query }: ModuleName): string {
  return path.replace(/[%?#]/g, encodeURIComponent) + query;
}

/**
 * The modules that one file may become, as a suffix of its id:
 *
 * - none: what `import` gets. For CommonJS, the default export is as bundlers choose it.
 * - `#node`: the same for importers in a package of `"type": "module"`. The default export is always `module.exports`.
 * - `#namespace`, `#namespace-node`: the default export is the namespace object of a CommonJS module.
 * - `#commonjs`: registers the module for `require`.
 * - `#worker`: the default export is the address of a script for a worker.
 */
export type ModuleForm = "" | "#worker" | "#node" | "#namespace" | "#namespace-node" | "#commonjs";

/** Splits a key into id and form. */
export function splitKey(key: string): { id: string; form: ModuleForm } {
  const at = key.indexOf("#");
  return at < 0 ? { id: key, form: "" } : { id: key.slice(0, at), form: key.slice(at) as ModuleForm };
}

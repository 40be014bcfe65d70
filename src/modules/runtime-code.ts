/** The key of the module that runs CommonJS and adds style sheets. */
export const RUNTIME_KEY = "webhoist:runtime";

/**
 * The source of that module. It is text because it runs where the graph runs: in a frame, in another realm, or in a worker.
 *
 * - `define` registers a CommonJS module without running it; `esm` registers the namespace of a module that CommonJS requires.
 * - `load` runs a CommonJS module once, and returns its exports. In a cycle these are the exports so far, as in Node.
 * - `defaultOf`, `read` and `namespaceOf` give ES modules what they import from CommonJS.
 * - `style` adds a style sheet, or replaces its text.
 */
export const RUNTIME_CODE = `const modules = new Map(), styles = new Map();
const own = Object.getOwnPropertyNames, describe = Object.getOwnPropertyDescriptor;
export function define(key, run, requires, path) {
  modules.set(key, { key, run, requires: new Map(requires), path, module: null });
}
export function esm(key, namespace) {
  modules.set(key, { namespace, exports: null });
}
export function load(key) {
  const found = modules.get(key);
  if (!found) throw failure("Cannot find module '" + key + "'", "MODULE_NOT_FOUND");
  if (found.namespace) return (found.exports ??= requiredOf(found.namespace)).value;
  if (found.module) return found.module.exports;
  const file = "/" + found.path, folder = file.slice(0, file.lastIndexOf("/")) || "/";
  const module = { id: file, path: folder, filename: file, exports: {}, loaded: false, children: [], paths: [], parent: null };
  found.module = module;
  module.require = requireOf(found);
  let done = false;
  try {
    found.run.call(module.exports, module.exports, module.require, module, file, folder, globalThis);
    done = module.loaded = true;
  } finally {
    if (!done) found.module = null;
  }
  return module.exports;
}
function requireOf({ requires, path }) {
  const lead = (specifier) => {
    const to = requires.get(String(specifier));
    if (typeof to === "string") return to;
    throw failure(to ? to[0] : "Cannot find module '" + specifier + "' (required by " + path + ")", to ? to[1] : "MODULE_NOT_FOUND");
  };
  const require = (specifier) => load(lead(specifier));
  require.resolve = (specifier) => "/" + lead(specifier);
  require.cache = {};
  require.extensions = {};
  return require;
}
function failure(message, code) {
  return Object.assign(new Error(message), { code });
}
function requiredOf(namespace) {
  if (Reflect.has(namespace, "module.exports")) return { value: namespace["module.exports"] };
  const value = Object.defineProperty({}, "__esModule", { value: true });
  for (const name of own(namespace))
    if (name !== "__esModule") Object.defineProperty(value, name, { enumerable: true, get: () => namespace[name] });
  return { value };
}
export function defaultOf(exports, isNode) {
  return isNode || !isEsModule(exports) ? exports : exports.default;
}
function isEsModule(exports) {
  return exports !== null && (typeof exports === "object" || typeof exports === "function") && !!exports.__esModule;
}
export function read(exports, name) {
  try {
    return exports === null || exports === undefined ? undefined : exports[name];
  } catch {
    return undefined;
  }
}
export function namespaceOf(exports, isNode) {
  const isModule = !isNode && isEsModule(exports);
  const namespace = exports === null || exports === undefined ? {} : Object.create(Object.getPrototypeOf(exports));
  if (!isModule) Object.defineProperty(namespace, "default", { enumerable: true, value: exports });
  if (exports !== null && (typeof exports === "object" || typeof exports === "function"))
    for (const name of own(exports))
      if (!Object.hasOwn(namespace, name))
        Object.defineProperty(namespace, name, { enumerable: describe(exports, name)?.enumerable ?? true, get: () => exports[name] });
  return namespace;
}
export function unavailable(message, code) {
  const fail = function () {
    throw failure(message, code);
  };
  return new Proxy(fail, {
    get: (_, name) => (name === "__esModule" || name === "then" || typeof name === "symbol" ? undefined : name === "prototype" ? fail.prototype : unavailable(message, code)),
  });
}
export function style(key, text) {
  if (typeof document === "undefined") return;
  let element = styles.get(key);
  if (!element) {
    element = document.createElement("style");
    element.setAttribute("data-webhoist", key);
    styles.set(key, element);
    document.head.append(element);
  }
  element.textContent = text;
}
`;

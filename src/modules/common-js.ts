import { type ModuleForm, splitKey } from "./module-id.ts";
import type { ModuleSource } from "./module-source.ts";
import { RUNTIME_KEY } from "./runtime-code.ts";
import { applyEdits, type TextEdit } from "./text-edits.ts";

// CommonJS becomes ES modules. Importing a module's definition runs nothing: its function runs at the first `require` or `import`,
// as in Node. The function begins on the first line, so that every line keeps its number.

/** A `require` of a CommonJS module: the key of a definition, or why there is none. */
export type Requirement = readonly [specifier: string, to: string | readonly [message: string, code: string]];

/** Returns the text, in quotes, by which code imports a key. */
export type Specifier = (key: string) => string;

export interface DefinitionParts {
  readonly source: ModuleSource;
  readonly edits: readonly TextEdit[];
  readonly requires: readonly Requirement[];
  /** Ids of ES modules that it requires. */
  readonly modules: readonly string[];
}

/** Returns the module that defines a CommonJS module, and the keys that it imports. */
export function definitionOf(
  { source, edits, requires, modules }: DefinitionParts,
  specifier: Specifier,
): { code: string; imports: string[] } {
  const definitions = requires.flatMap(([, to]) =>
    typeof to === "string" && !modules.includes(to) ? [`${to}#commonjs`] : [],
  );
  const imports = [...new Set([...definitions, ...modules])];
  const head = [
    `import { define as __webhoist_define, esm as __webhoist_esm } from ${specifier(RUNTIME_KEY)};`,
    ...imports.map((key, i) =>
      modules.includes(key)
        ? `import * as __webhoist_${i} from ${specifier(key)}; __webhoist_esm(${quote(key)}, __webhoist_${i});`
        : `import ${specifier(key)};`,
    ),
    `__webhoist_define(${quote(source.id)}, function (exports, require, module, __filename, __dirname, global) { `,
  ].join(" ");
  const body = applyEdits(source.parsed.code, edits);
  const end = `\n}, ${JSON.stringify(requires)}, ${quote(source.path)});\n`;
  return { code: head + body + end, imports };
}

/** Returns a definition whose exports are a value: JSON, or the address of an asset. */
export function valueDefinition({ id, path }: ModuleSource, value: string, specifier: Specifier): string {
  return (
    `import { define as __webhoist_define } from ${specifier(RUNTIME_KEY)};\n` +
    `__webhoist_define(${quote(id)}, function (exports, require, module) { module.exports = ${value}; }, [], ${quote(path)});\n`
  );
}

/** Returns a definition whose functions and members fail when they are called. */
export function unavailableDefinition(id: string, message: string, specifier: Specifier): string {
  return (
    `import { define as __webhoist_define, unavailable as __webhoist_unavailable } from ${specifier(RUNTIME_KEY)};\n` +
    `__webhoist_define(${quote(id)}, function (exports, require, module) { module.exports = __webhoist_unavailable(${quote(message)}, "ERR_UNKNOWN_BUILTIN_MODULE"); }, [], "");\n`
  );
}

/** Returns the module that an `import` of CommonJS gets. */
export function facadeOf(key: string, names: readonly string[], specifier: Specifier): string {
  const { id, form } = splitKey(key);
  const isNode = String(form === "#node" || form === "#namespace-node");
  const load = `const __webhoist_exports = __webhoist_load(${quote(id)});`;
  const define = `import ${specifier(`${id}#commonjs`)};`;
  if (isNamespace(form))
    return (
      `import { load as __webhoist_load, namespaceOf as __webhoist_namespace } from ${specifier(RUNTIME_KEY)}; ${define}\n` +
      `${load}\nexport default __webhoist_namespace(__webhoist_exports, ${isNode});\n`
    );
  const reads = names.map(
    (name, i) => `const __webhoist_${i} = __webhoist_read(__webhoist_exports, ${quote(name)});\n`,
  );
  const list = names.map((name, i) => `__webhoist_${i} as ${quote(name)}`);
  return (
    `import { load as __webhoist_load, defaultOf as __webhoist_default, read as __webhoist_read } from ${specifier(RUNTIME_KEY)}; ${define}\n` +
    `${load}\nexport default __webhoist_default(__webhoist_exports, ${isNode});\n` +
    reads.join("") +
    (list.length > 0 ? `export { ${list.join(", ")} };\n` : "")
  );
}

export function isNamespace(form: ModuleForm): boolean {
  return form === "#namespace" || form === "#namespace-node";
}

export function quote(text: string): string {
  return JSON.stringify(text);
}

import type { GraphModule, ModuleImport, ModuleProblem } from "../api/modules.ts";
import { runToEnd } from "../base/run-to-end.ts";
import { problemAt } from "../errors/modules.ts";
import {
  definitionOf,
  facadeOf,
  isNamespace,
  quote,
  type Requirement,
  unavailableDefinition,
  valueDefinition,
} from "./common-js.ts";
import { ExportNames } from "./export-names.ts";
import type { GraphBudget } from "./graph-budget.ts";
import { writeClause } from "./import-clause.ts";
import { jsonLiteral, jsonModule, parseJson } from "./json-module.ts";
import { splitKey, unavailableMessage } from "./module-id.ts";
import type { ImportTarget, ModuleSource } from "./module-source.ts";
import { OriginalPlaces } from "./original-place.ts";
import type { ParsedImport } from "./parsed-module.ts";
import { RUNTIME_CODE, RUNTIME_KEY } from "./runtime-code.ts";
import { decodeMap, editMap, encodeMap } from "./source-map.ts";
import { StyleSheets } from "./style-sheets.ts";
import type { TextEdit } from "./text-edits.ts";
import { applyEdits } from "./text-edits.ts";
import { readTokens } from "./tokens.ts";
import type { FunctionBodies } from "./worker-script.ts";

export interface LinkedGraph {
  readonly modules: ReadonlyMap<string, GraphModule>;
  readonly errors: readonly ModuleProblem[];
}

/** The services that a linker uses. */
export interface LinkPorts {
  readonly budget: GraphBudget;
  addressOf(source: ModuleSource): string;
  /** Returns the address of a worker's script. */
  workerAddress(source: ModuleSource, text: string): string;
  readonly bodies: FunctionBodies;
  /** Returns the text by which code imports a key. */
  specifierOf(key: string): string;
  textOf(source: ModuleSource): Promise<string | null>;
}

/** Names of one import that are types, and are left out. */
type Types = ReadonlyMap<number, ReadonlySet<string>>;

/** A written module and the keys that it imports. */
export interface Emitted {
  readonly module: GraphModule;
  readonly next: readonly string[];
}

/** Modules that were written before, with everything that their code depends on. */
export type EmittedBefore = Map<
  string,
  { readonly source: ModuleSource; readonly inputs: string; readonly emitted: Emitted }
>;

/**
 * Makes the modules of a graph from its sources.
 *
 * 1. Look up every imported name in the module that it comes from. A name that it does not export is an error; in TypeScript it may
 *    be a type, which is left out. CommonJS is asked for it.
 * 2. From the entries on, write each module that an import leads to. A file may become several modules (`ModuleForm`).
 * 3. Sort them so that a module comes after those that it imports.
 */
export class GraphLinker {
  readonly #sources: ReadonlyMap<string, ModuleSource>;
  readonly #ports: LinkPorts;
  readonly #names: ExportNames;
  readonly #styles: StyleSheets;
  readonly #types = new Map<string, Types>();
  readonly #errors: ModuleProblem[] = [];
  readonly #places = new OriginalPlaces();
  readonly #before: EmittedBefore;
  readonly #specifier = (key: string): string => quote(this.#ports.specifierOf(key));

  constructor(sources: ReadonlyMap<string, ModuleSource>, ports: LinkPorts, before: EmittedBefore = new Map()) {
    this.#sources = sources;
    this.#ports = ports;
    this.#before = before;
    this.#names = new ExportNames(sources, ports.budget);
    this.#styles = new StyleSheets(sources, ports);
  }

  /** @throws InstallError ELIMIT */
  async link(entries: readonly string[]): Promise<LinkedGraph> {
    for (const source of this.#sources.values()) await this.#checkNames(source);
    const emitted = new Map<string, Emitted>();
    const keys = new Set(entries);
    for (const key of keys) {
      const one = await this.module(key);
      if (!one) continue;
      emitted.set(key, one);
      for (const next of one.next) keys.add(next);
      await this.#ports.budget.spend(10);
    }
    for (const key of [...this.#before.keys()]) if (!emitted.has(key)) this.#before.delete(key);
    return { modules: sorted(entries, emitted), errors: this.#errors };
  }

  async #checkNames(source: ModuleSource): Promise<void> {
    const { parsed, targets } = source;
    if (parsed.format !== "module") return;
    const types = new Map<number, Set<string>>();
    let values: ReadonlySet<string> | undefined;
    for (const [index, one] of parsed.imports.entries()) {
      const target = targets[index];
      if (!one.clause || target?.kind !== "module") continue;
      const { named, default: local, isExport } = one.clause;
      const wanted = [...named.map(([name]) => name), ...(local === null ? [] : ["default"])];
      await this.#ports.budget.spend(1 + wanted.length);
      for (const name of wanted) {
        if (this.#names.has(target.id, name) !== false) continue;
        const binding = named.find(([imported]) => imported === name)?.[1] ?? local ?? name;
        if (parsed.isTyped) values ??= valueNames(source);
        const isType = parsed.isTyped && (isExport || !values?.has(binding));
        if (isType) types.set(index, (types.get(index) ?? new Set()).add(name));
        else this.#errors.push(await this.#missingName(source, one, { name, from: target.id }));
      }
    }
    if (types.size > 0) this.#types.set(source.id, types);
  }

  async #missingName(
    source: ModuleSource,
    one: ParsedImport,
    { name, from }: { name: string; from: string },
  ): Promise<ModuleProblem> {
    const { parsed } = source;
    const at = one.start + nameOffset(parsed.code.slice(one.start, one.end), name);
    const textOf = (): Promise<string | null> => this.#ports.textOf(source);
    const place = await this.#places.placeOf(parsed, at, { path: source.path, textOf });
    const names = [...(this.#sources.get(from)?.parsed.exports ?? [])].slice(0, 20).join(", ");
    return problemAt("EMODULEEXPORT", `"${one.specifier}" (${from}) has no export "${name}".`, place, {
      ...(source.package && { package: source.package.name }),
      spec: one.specifier,
      wayOut: names ? [{ kind: "other", text: `Import one of the names that it exports: ${names}.` }] : [],
      details: { specifier: one.specifier, name, from },
    });
  }

  /** As {@link written}, for workers too. @param around the workers whose scripts are being written */
  async module(key: string, around: ReadonlySet<string> = new Set()): Promise<Emitted | null> {
    const { id, form } = splitKey(key);
    if (form !== "#worker") return this.written(key);
    const source = this.#sources.get(id);
    if (!source) return null;
    const { workerScript } = await import("./worker-script.ts");
    const { budget, bodies: known } = this.#ports;
    const modules = await this.#closure(id, new Set([...around, key]));
    const text = await workerScript(modules, id, { budget, known });
    const code = `export default ${quote(this.#ports.workerAddress(source, text))};\n`;
    return plain(moduleOf(key, source, { kind: "asset", code, generated: true }));
  }

  /** Returns a module and all that it imports. A worker that starts itself, directly or not, gets no address for that. */
  async #closure(entry: string, around: ReadonlySet<string>): Promise<GraphModule[]> {
    const found: GraphModule[] = [];
    const keys = new Set([entry]);
    for (const key of keys) {
      if (around.has(key)) {
        found.push({ ...NO_ADDRESS, key });
        continue;
      }
      const one = splitKey(key).form === "#worker" ? await this.module(key, around) : this.written(key);
      await this.#ports.budget.spend(10);
      if (!one) continue;
      found.push(one.module);
      for (const next of one.next) keys.add(next);
    }
    return found;
  }

  /** Returns one module, written anew only if something that it depends on has changed; null if no source has its key. */
  written(key: string): Emitted | null {
    const source = this.#sources.get(splitKey(key).id);
    const inputs = source ? this.#inputs(key, source) : "";
    const before = this.#before.get(key);
    if (source && before?.source === source && before.inputs === inputs) return before.emitted;
    const emitted = this.#write(key);
    if (source && emitted) this.#before.set(key, { source, inputs, emitted });
    return emitted;
  }

  /** Returns everything that a module's code depends on besides its source. */
  #inputs(key: string, source: ModuleSource): string {
    const { id, form } = splitKey(key);
    const { format, imports } = source.parsed;
    if (format === "css") return this.#styles.textOf(id);
    if (form !== "#commonjs" && format === "commonjs") return this.#names.ofCommonJs(id).join();
    const types = [...(this.#types.get(id) ?? [])].map(([index, names]) => `${index}:${[...names].join()}`);
    const formats = imports.map((_, index) => {
      const target = source.targets[index];
      return target?.kind === "module" ? (this.#sources.get(target.id)?.parsed.format ?? "") : "";
    });
    return `${formats.join()} ${types.join()}`;
  }

  #write(key: string): Emitted | null {
    if (key === RUNTIME_KEY)
      return plain({ key, path: "", kind: "js", code: RUNTIME_CODE, map: null, imports: [], package: null });
    const { id, form } = splitKey(key);
    const source = this.#sources.get(id);
    if (!source) return null;
    const { format } = source.parsed;
    const isFacade = form === "#node" || isNamespace(form) || (form === "" && format === "commonjs");
    if (isFacade) return this.#facade(key, source);
    if (format === "commonjs") return this.#definition(key, source);
    if (form === "#commonjs") return this.#valueDefinition(key, source);
    if (format === "module") return this.#module(key, source);
    if (format === "css") return this.#style(key, source);
    const isJson = format === "json";
    const code = isJson ? jsonModule(source.parsed.code) : `export default ${quote(this.#ports.addressOf(source))};\n`;
    return plain(moduleOf(key, source, { kind: isJson ? "json" : "asset", code }));
  }

  #facade(key: string, source: ModuleSource): Emitted {
    const { id } = splitKey(key);
    const code = facadeOf(key, this.#names.ofCommonJs(id), this.#specifier);
    return {
      module: moduleOf(key, source, { kind: "js", code, generated: true }),
      next: [RUNTIME_KEY, `${id}#commonjs`],
    };
  }

  #definition(key: string, source: ModuleSource): Emitted {
    const unavailable = unavailableMessage(source.id);
    if (unavailable !== null) {
      const code = unavailableDefinition(source.id, unavailable, this.#specifier);
      return { module: moduleOf(key, source, { kind: "js", code, generated: true }), next: [RUNTIME_KEY] };
    }
    const { parsed, targets } = source;
    const requires = new Map<string, Requirement>();
    const modules = new Set<string>();
    const edits: TextEdit[] = [];
    const next = new Set<string>([RUNTIME_KEY]);
    for (const [index, one] of parsed.imports.entries()) {
      const target = targets[index] as ImportTarget;
      if (one.form === "dynamic") {
        const edit = this.#dynamic(source, one, target);
        if (edit) edits.push(edit.edit);
        if (edit?.key) next.add(edit.key);
        continue;
      }
      if (target.kind === "missing") {
        const { message, code } = target.problem;
        requires.set(one.specifier, [one.specifier, [message, nodeCode(code)]]);
      }
      if (target.kind !== "module" || !this.#sources.has(target.id)) continue;
      requires.set(one.specifier, [one.specifier, target.id]);
      if (this.#sources.get(target.id)?.parsed.format === "module") modules.add(target.id);
    }
    const made = definitionOf(
      { source, edits, requires: [...requires.values()], modules: [...modules] },
      this.#specifier,
    );
    return {
      module: { ...moduleOf(key, source, { kind: "js", code: made.code }), map: parsed.map },
      next: [...next, ...made.imports],
    };
  }

  #valueDefinition(key: string, source: ModuleSource): Emitted {
    const { parsed } = source;
    if (parsed.format === "css") {
      // `require` of a style sheet adds it, and gives the classes of a CSS module.
      const code = `import * as __webhoist_style from ${this.#specifier(source.id)};\nimport { esm as __webhoist_esm } from ${this.#specifier(RUNTIME_KEY)};\n__webhoist_esm(${quote(source.id)}, __webhoist_style);\n`;
      return { module: moduleOf(key, source, { kind: "css", code, generated: true }), next: [source.id, RUNTIME_KEY] };
    }
    const isJson = parsed.format === "json";
    const value = isJson ? jsonLiteral(parseJson(parsed.code)) : quote(this.#ports.addressOf(source));
    const kind = isJson ? "json" : "asset";
    return {
      module: moduleOf(key, source, { kind, code: valueDefinition(source, value, this.#specifier), generated: true }),
      next: [RUNTIME_KEY],
    };
  }

  #module(key: string, source: ModuleSource): Emitted {
    const { parsed, targets } = source;
    const types = this.#types.get(source.id);
    const edits: TextEdit[] = [];
    const next: string[] = [];
    const after: string[] = [];
    for (const [index, one] of parsed.imports.entries()) {
      const target = targets[index] as ImportTarget;
      if (one.form === "dynamic") {
        const edit = this.#dynamic(source, one, target);
        if (edit) edits.push(edit.edit);
        if (edit?.key) next.push(edit.key);
      } else if (one.form === "url") {
        if (target.kind !== "module") continue;
        const name = `__webhoist_url${index}`;
        edits.push({ start: one.start, end: one.end, text: `new URL(${name})${newLines(parsed.code, one, "")}` });
        const isScript = /^(?:module|commonjs)$/.test(this.#sources.get(target.id)?.parsed.format ?? "");
        const key = isScript ? `${target.id}#worker` : target.id;
        after.push(`import ${name} from ${this.#specifier(key)};`);
        next.push(key);
      } else if (target.kind === "module") {
        const without = types?.get(index) ?? new Set<string>();
        const made = this.#static(source, one, { id: target.id, without });
        edits.push(made.edit);
        next.push(...made.keys);
        const { clause } = one;
        if (clause && !clause.isExport)
          for (const [name, local] of clause.named) if (without.has(name)) after.push(`var ${local};`);
      }
    }
    const code = applyEdits(parsed.code, edits) + (after.length > 0 ? `\n${after.join(" ")}\n` : "");
    const map = decodeMap(parsed.map);
    return {
      module: {
        ...moduleOf(key, source, { kind: "js", code }),
        map: map && encodeMap(editMap(map, parsed.code, edits)),
      },
      next,
    };
  }

  /** Rewrites an `import` or `export … from` statement. */
  #static(
    source: ModuleSource,
    one: ParsedImport,
    { id, without }: { id: string; without: ReadonlySet<string> },
  ): { edit: TextEdit; keys: string[] } {
    const isCommonJs = this.#sources.get(id)?.parsed.format === "commonjs";
    const suffix = source.isNodeImporter ? "-node" : "";
    const key = isCommonJs && source.isNodeImporter ? `${id}#node` : id;
    const { clause } = one;
    const { code } = source.parsed;
    const needsNamespace = isCommonJs && clause !== undefined && clause.namespace !== null;
    if (clause && (needsNamespace || without.size > 0)) {
      const namespaceKey = needsNamespace ? `${id}#namespace${suffix}` : null;
      const namespaceFrom = namespaceKey === null ? null : this.#specifier(namespaceKey);
      const text = writeClause(clause, { from: this.#specifier(key), namespaceFrom, without });
      const usesKey = !needsNamespace || clause.default !== null || clause.named.length > 0;
      return {
        edit: { start: one.start, end: one.end, text: text.replace(/;$/, "") + newLines(code, one, text) },
        keys: [...(usesKey ? [key] : []), ...(namespaceKey === null ? [] : [namespaceKey])],
      };
    }
    // Attributes may follow the specifier: `with { type: "json" }`. They go, because the module is JavaScript now.
    const rest = code.slice(one.to, one.end).replace(/[^\n]/g, "");
    return { edit: { start: one.from, end: one.end, text: this.#specifier(key) + rest }, keys: [key] };
  }

  /** Rewrites `import("…")`. CommonJS gives its namespace object; a missing module a rejected promise. */
  #dynamic(
    source: ModuleSource,
    one: ParsedImport,
    target: ImportTarget,
  ): { edit: TextEdit; key: string | null } | null {
    const { start, end } = one;
    const lines = newLines(source.parsed.code, one, "");
    if (target.kind === "missing") {
      const { message, code } = target.problem;
      const error = `Object.assign(new Error(${quote(message)}), { code: ${quote(nodeCode(code))} })`;
      return { edit: { start, end, text: `Promise.reject(${error})${lines}` }, key: null };
    }
    if (target.kind !== "module") return null;
    if (this.#sources.get(target.id)?.parsed.format !== "commonjs")
      return { edit: { start, end, text: `import(${this.#specifier(target.id)})${lines}` }, key: target.id };
    const key = `${target.id}#namespace${source.isNodeImporter ? "-node" : ""}`;
    return {
      edit: { start, end, text: `import(${this.#specifier(key)}).then((module) => module.default)${lines}` },
      key,
    };
  }

  #style(key: string, source: ModuleSource): Emitted {
    const css = this.#styles.textOf(source.id);
    const { parsed, targets, id } = source;
    if (/[?&]inline\b/.test(id))
      return plain(moduleOf(key, source, { kind: "css", code: `export default ${quote(css)};\n` }));
    const composed = parsed.imports.flatMap((one, index) => {
      const target = targets[index];
      return one.form === "composes" && target?.kind === "module" ? [{ index, id: target.id }] : [];
    });
    const code = [
      `import { style as __webhoist_style } from ${this.#specifier(RUNTIME_KEY)};`,
      ...composed.map((one) => `import __webhoist_${one.index} from ${this.#specifier(one.id)};`),
      `__webhoist_style(${quote(id)}, ${quote(css)});`,
      ...(parsed.classes ? classExports(parsed.classes) : [`export default ${quote(css)};`]),
      "",
    ].join("\n");
    return {
      module: { ...moduleOf(key, source, { kind: "css", code }), css },
      next: [RUNTIME_KEY, ...composed.map((one) => one.id)],
    };
  }
}

const NO_ADDRESS: Omit<GraphModule, "key"> = {
  path: "",
  kind: "asset",
  code: 'export default "";',
  map: null,
  imports: [],
  package: null,
};

/** Returns the exports of a CSS module: an object of all classes, and each that is an identifier by its name. */
function classExports(classes: NonNullable<ModuleSource["parsed"]["classes"]>): string[] {
  const value = (one: (typeof classes)[number]): string =>
    [quote(one.local), ...one.composes.map(([from, name]) => `" " + (__webhoist_${from}[${quote(name)}] ?? "")`)].join(
      " + ",
    );
  const names = classes.map((one, i) => ({ name: one.name, local: `__webhoist_class${i}`, value: value(one) }));
  return [
    ...names.map(({ local, value: text }) => `const ${local} = ${text};`),
    `export default { ${names.map(({ name, local }) => `[${quote(name)}]: ${local}`).join(", ")} };`,
    `export { ${names
      .filter(({ name }) => name !== "default")
      .map(({ name, local }) => `${local} as ${quote(name)}`)
      .join(", ")} };`,
  ];
}

/** Returns the position of a name in an import statement. */
function nameOffset(statement: string, name: string): number {
  const tokens = runToEnd(readTokens(statement));
  for (let at = 1; at < tokens.length; at++) if (tokens.is(at, name)) return tokens.start(at);
  return 0;
}

/** Returns the names that TypeScript uses as values: outside of imports and of `export { … }`, where types may be too. */
function valueNames({ parsed }: ModuleSource): ReadonlySet<string> {
  const tokens = runToEnd(readTokens(parsed.code));
  const ends = new Map(parsed.imports.flatMap(({ form, start, end }) => (form === "static" ? [[start, end]] : [])));
  const names = new Set<string>();
  for (let at = 0, until = 0; at < tokens.length; at++) {
    const start = tokens.start(at);
    until = ends.get(start) ?? until;
    if (start < until) continue;
    if (tokens.is(at, "export") && tokens.is(at + 1, "{")) at = Math.max(at, tokens.partner(at + 1));
    else if (tokens.kind(at) === "name" && !tokens.is(at - 1, ".")) names.add(tokens.textOf(at));
  }
  return names;
}

/** Returns the line breaks of a statement that its replacement lacks. */
function newLines(code: string, { start, end }: ParsedImport, replacement: string): string {
  const count = (text: string): number => text.split("\n").length - 1;
  return "\n".repeat(Math.max(0, count(code.slice(start, end)) - count(replacement)));
}

function nodeCode(code: string): string {
  return code === "ERR_MODULE_NOT_FOUND" ? "MODULE_NOT_FOUND" : code;
}

function plain(module: GraphModule): Emitted {
  return { module, next: [] };
}

function moduleOf(
  key: string,
  source: ModuleSource,
  { kind, code, generated }: { kind: GraphModule["kind"]; code: string; generated?: boolean },
): GraphModule {
  const { path, parsed, targets } = source;
  const imports = generated
    ? []
    : parsed.imports.map((one, index): ModuleImport => {
        const target = targets[index];
        const form = one.form === "style-url" || one.form === "composes" ? "style" : one.form;
        const external = target?.kind === "external" ? one.specifier : null;
        return { specifier: one.specifier, key: target?.kind === "module" ? target.id : external, form };
      });
  return { key, path, kind, code, map: null, imports, package: source.package };
}

/** Sorts modules so that each comes after those that it imports, except in cycles: depth first, in the order of the imports. */
function sorted(entries: readonly string[], emitted: ReadonlyMap<string, Emitted>): Map<string, GraphModule> {
  const out = new Map<string, GraphModule>();
  const entered = new Set<string>();
  const stack = [...entries].reverse().map((key) => ({ key, leaves: false }));
  for (let top = stack.pop(); top; top = stack.pop()) {
    const one = emitted.get(top.key);
    if (!one) continue;
    if (top.leaves) out.set(top.key, one.module);
    if (top.leaves || entered.has(top.key)) continue;
    entered.add(top.key);
    stack.push({ key: top.key, leaves: true });
    for (const next of [...one.next].reverse()) if (!entered.has(next)) stack.push({ key: next, leaves: false });
  }
  return out;
}

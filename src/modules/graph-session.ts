import type { FileMap } from "../api/common.ts";
import type { InstalledProject } from "../api/install.ts";
import type { GraphModule, ModuleGraph, ModuleGraphOptions, ModulePackage, ModuleProblem } from "../api/modules.ts";
import { InstallError } from "../errors/failure.ts";
import { badSyntax, problemOf } from "../errors/modules.ts";
import { mediaTypeOf, toBase64 } from "./assets.ts";
import { BundlerBuild, isInPackage } from "./bundle.ts";
import { GraphBudget } from "./graph-budget.ts";
import { type Emitted, type EmittedBefore, GraphLinker, type LinkPorts } from "./graph-linker.ts";
import { type GraphOptions, graphOptions } from "./graph-options.ts";
import { ImportResolver } from "./import-resolver.ts";
import { EMPTY_ID, idOf, splitKey, unavailableMessage } from "./module-id.ts";
import { ModuleReader, type ReadModule, type ReadRequest } from "./module-reader.ts";
import type { ImportTarget, ModuleSource } from "./module-source.ts";
import { PackageCache } from "./package-cache.ts";
import { integrityOf, packageFolder, textField } from "./package-record.ts";
import type { ParsedModule } from "./parsed-module.ts";
import { LineStarts } from "./source-map.ts";
import { NO_CONFIG, readTsConfig, type TsConfig } from "./tsconfig.ts";
import type { FunctionBodies } from "./worker-script.ts";

/** The modules that are read at once. */
const READ_AT_ONCE = 64;

export interface GraphPorts {
  /** Resolves in a later turn of the event loop. */
  nextTurn(): Promise<void>;
}

/** What an own file became, for as long as its content stays the same. */
interface KnownFile {
  readonly content: string | Uint8Array;
  readonly read: ReadModule;
}

/** One module, and the reasons why it does not run. */
export interface SingleModule {
  readonly module: GraphModule | null;
  readonly problems: readonly ModuleProblem[];
}

/** Everything that holds for one set of own files. */
interface Round {
  readonly build: BundlerBuild;
  readonly files: FileMap;
  readonly config: TsConfig;
  readonly resolver: ImportResolver;
  readonly reader: ModuleReader;
  readonly budget: GraphBudget;
}

/**
 * Makes graphs of one project and one set of options.
 *
 * 1. Read tsconfig.json.
 * 2. From the entries on, breadth first: read each file ({@link ModuleReader}), and resolve its imports ({@link ImportResolver}).
 * 3. Link ({@link GraphLinker}).
 *
 * The next graph takes over what files became that did not change, and resolutions unless a file came or went.
 */
export class GraphSession {
  readonly #project: InstalledProject;
  readonly #options: GraphOptions;
  readonly #entries: readonly string[];
  readonly #ports: GraphPorts;
  readonly #cache: PackageCache;
  readonly #known = new Map<string, KnownFile>();
  readonly #packages = new Map<string, ModulePackage>();
  readonly #written: EmittedBefore = new Map();
  readonly #bodies: FunctionBodies = new Map();
  #sources = new Map<string, ModuleSource>();
  #last: Round | null = null;
  #linker: GraphLinker | null = null;

  constructor(project: InstalledProject, options: ModuleGraphOptions, ports: GraphPorts) {
    this.#project = project;
    this.#options = graphOptions(options);
    this.#entries = typeof options.entry === "string" ? [options.entry] : options.entry;
    this.#ports = ports;
    this.#cache = new PackageCache(this.#options.cache);
  }

  /** @throws InstallError ELIMIT; the error of reading an installed file; the signal's reason */
  async graph(files: FileMap, signal: AbortSignal | undefined, earlier: ModuleGraph | null): Promise<ModuleGraph> {
    signal?.throwIfAborted();
    const budget = new GraphBudget(this.#ports.nextTurn, signal);
    const problems: ModuleProblem[] = [];
    const round = await this.#round(files, budget, problems);
    const entries = await this.#resolveEntries(round, problems);
    const sources = await this.#walk(round, entries);
    const linker = new GraphLinker(sources, this.#linkPorts(round), this.#written);
    const linked = await linker.link(entries);
    this.#linker = linker;
    await this.#cache.store();
    signal?.throwIfAborted();
    const all = [...sources.values()];
    return new Graph(this, {
      entries,
      modules: linked.modules,
      errors: [...problems, ...all.flatMap(({ errors }) => errors), ...linked.errors],
      warnings: all.flatMap(({ warnings }) => warnings),
      earlier,
    });
  }

  /** Returns a module of the last graph, whether or not an entry leads to it; null if its file is not in the graph. */
  written(key: string): Emitted | null {
    return this.#linker?.written(key) ?? null;
  }

  /** Returns the file of a key that is an ES module of a package, as it is published; null for any other key. */
  modulePath(key: string): string | null {
    const source = this.#sources.get(key);
    return source?.parsed.format === "module" ? source.path : null;
  }

  /** Checks whether a file gets `module.exports` as the default export of CommonJS, as in Node. */
  isNodeImporter(path: string): boolean {
    return this.#sources.get(idOf({ path, query: "" }))?.isNodeImporter ?? false;
  }

  /** Returns one module by its key; null if it does not exist. Reads only what its code depends on. */
  async module(key: string, files: FileMap, signal: AbortSignal | undefined): Promise<SingleModule> {
    signal?.throwIfAborted();
    const problems: ModuleProblem[] = [];
    const round = await this.#round(files, new GraphBudget(this.#ports.nextTurn, signal), problems);
    const { id, form } = splitKey(key);
    const sources = new Map<string, ModuleSource>();
    const isMade = id === EMPTY_ID || unavailableMessage(id) !== null;
    if (isMade || round.build.files.kind(nameOf(id).path) === "file") {
      const source = await this.#source(round, id);
      sources.set(id, source);
      await this.#addNeighbours(round, source, { sources, isWhole: form === "#worker" });
    }
    await this.#cache.store();
    const module = (await new GraphLinker(sources, this.#linkPorts(round)).module(key))?.module ?? null;
    return { module, problems: [...problems, ...(sources.get(id)?.errors ?? [])] };
  }

  /** Adds the modules that a module imports, and those whose names CommonJS exports as a whole. */
  async #addNeighbours(
    round: Round,
    source: ModuleSource,
    { sources, isWhole }: { sources: Map<string, ModuleSource>; isWhole: boolean },
  ): Promise<void> {
    // A style sheet holds the text of its imports, and a worker's script all of its modules.
    const needsAll = source.parsed.format === "css" || isWhole;
    let next = source.targets.flatMap((target) => (target.kind === "module" ? [target.id] : []));
    while (next.length > 0) {
      const fresh = [...new Set(next)].filter((id) => !sources.has(id));
      const found = await Promise.all(fresh.map((id) => this.#source(round, id)));
      for (const one of found) sources.set(one.id, one);
      next = found.flatMap(({ parsed, targets }) =>
        targets.flatMap((target, index) => {
          const isNeeded = needsAll || (parsed.format === "commonjs" && parsed.stars.includes(index));
          return isNeeded && target.kind === "module" ? [target.id] : [];
        }),
      );
    }
  }

  #linkPorts(round: Round): LinkPorts {
    const addresses = new Map<ModuleSource, string>();
    return {
      budget: round.budget,
      addressOf: (source) => {
        const address = addresses.get(source) ?? this.#addressOf(source);
        addresses.set(source, address);
        return address;
      },
      workerAddress: ({ path }, text) => this.#address(path, "text/javascript", new TextEncoder().encode(text)),
      bodies: this.#bodies,
      specifierOf: this.#options.specifier,
      textOf: (source) => this.#textOf(round, source),
    };
  }

  async #round(files: FileMap, budget: GraphBudget, problems: ModuleProblem[]): Promise<Round> {
    const last = this.#last;
    const build = new BundlerBuild(this.#project, { files, conditions: this.#options.conditions });
    const isSame = last !== null && haveSameNames(last.files, files) && configsOf(files) === configsOf(last.files);
    const config = isSame ? last.config : await this.#config(build, problems);
    if (!isSame) {
      this.#known.clear();
      this.#sources.clear();
    }
    const resolver = isSame ? last.resolver : new ImportResolver(build, config);
    const reader = new ModuleReader(build.files, this.#options, config, budget);
    const round = { build, files, config, resolver, reader, budget };
    // A faulty configuration is read again.
    this.#last = problems.length === 0 ? round : null;
    return round;
  }

  async #config(build: BundlerBuild, problems: ModuleProblem[]): Promise<TsConfig> {
    const { tsconfig } = this.#options;
    if (tsconfig === false) return NO_CONFIG;
    const exists = (path: string): boolean => build.files.kind(path) === "file";
    const path = tsconfig ?? ["tsconfig.json", "jsconfig.json"].find(exists);
    if (path === undefined) return NO_CONFIG;
    try {
      return await readTsConfig(path, {
        exists,
        text: async (file) => {
          if (exists(file)) return await build.files.text(file);
          throw new InstallError(problemOf("ENOENT", "This file does not exist.", file));
        },
        resolve: (specifier, importer) => build.resolve(specifier, importer, "require"),
        invalid: (file, text, at) =>
          new InstallError(
            badSyntax("This is not valid JSON, or it extends a file that does not exist.", {
              file,
              ...new LineStarts(text).place(at),
              text,
            }),
          ),
      });
    } catch (error) {
      if (!(error instanceof InstallError)) throw error;
      problems.push({ file: path, ...error.failure });
      return NO_CONFIG;
    }
  }

  async #resolveEntries({ resolver }: Round, problems: ModuleProblem[]): Promise<string[]> {
    const ids: string[] = [];
    for (const entry of this.#entries) {
      try {
        ids.push(await resolver.entry(entry));
      } catch (error) {
        if (!(error instanceof InstallError)) throw error;
        problems.push({ ...error.failure, file: entry });
      }
    }
    return [...new Set(ids)];
  }

  async #walk(round: Round, entries: readonly string[]): Promise<Map<string, ModuleSource>> {
    const sources = new Map<string, ModuleSource>();
    const seen = new Set(entries);
    let next = [...seen];
    while (next.length > 0) {
      const found: string[] = [];
      for (let at = 0; at < next.length; at += READ_AT_ONCE) {
        const some = await Promise.all(next.slice(at, at + READ_AT_ONCE).map((id) => this.#source(round, id)));
        for (const source of some) {
          sources.set(source.id, source);
          for (const target of source.targets) {
            if (target.kind !== "module" || seen.has(target.id)) continue;
            seen.add(target.id);
            found.push(target.id);
          }
        }
        await round.budget.pause();
      }
      next = found;
    }
    return sources;
  }

  async #source(round: Round, id: string): Promise<ModuleSource> {
    if (id === EMPTY_ID) return EMPTY_SOURCE;
    if (unavailableMessage(id) !== null) return { ...EMPTY_SOURCE, id };
    const { path, query } = nameOf(id);
    const isOwn = !isInPackage(path);
    const before = this.#sources.get(id);
    const content = contentOf(round.files, path, isOwn);
    if (before && content !== undefined && this.#known.get(path + query)?.content === content) return before;
    const source = await this.#newSource(round, id, { path, query, isOwn });
    this.#sources.set(id, source);
    return source;
  }

  async #newSource(
    round: Round,
    id: string,
    { path, query, isOwn }: { path: string; query: string; isOwn: boolean },
  ): Promise<ModuleSource> {
    const scope = await round.build.scope(path);
    const type = scope?.json["type"];
    const owner = isOwn ? null : await this.#packageOf(round, path);
    const read = await this.#read(round, { path, query, isOwn, type }, owner);
    const parsed = read.ok ? read.parsed : EMPTY;
    const isNodeImporter = /\.m[jt]s$/.test(path) || (type === "module" && !/\.c[jt]s$/.test(path));
    const importer = {
      path,
      isOwn,
      package: owner,
      parsed,
      text: () => this.#textOf(round, { path }),
    };
    const targets: ImportTarget[] = [];
    for (let at = 0; at < parsed.imports.length; at += READ_AT_ONCE) {
      await round.budget.spend(READ_AT_ONCE);
      const some = parsed.imports.slice(at, at + READ_AT_ONCE);
      targets.push(...(await Promise.all(some.map((one) => round.resolver.target(one, importer)))));
    }
    const [errors, warnings] = problemsOf(parsed, targets, isOwn);
    if (!read.ok) errors.push(read.problem);
    return { id, path, isOwn, package: owner, isNodeImporter, parsed, targets, errors, warnings };
  }

  /** Reads a file, or takes what it became before: own files by content, those of packages by integrity. */
  async #read({ reader, files, build }: Round, request: ReadRequest, owner: ModulePackage | null): Promise<ReadModule> {
    const { path, query, isOwn } = request;
    const name = path + query;
    const content = contentOf(files, path, isOwn);
    const known = this.#known.get(name);
    if (known && content !== undefined && known.content === content) return known.read;
    const key = owner && !build.files.isOwn(path) ? this.#packageKey(owner.location, path) : null;
    const read =
      key === null || !owner ? await reader.read(request) : await this.#stored(reader, request, { key, owner });
    if (content !== undefined) this.#known.set(name, { content, read });
    return read;
  }

  async #stored(
    reader: ModuleReader,
    request: ReadRequest,
    { key, owner }: { key: string; owner: ModulePackage },
  ): Promise<ReadModule> {
    const inside = `${String(request.type)}:${request.path.slice(owner.location.length)}${request.query}`;
    const stored = await this.#cache.get(key, inside);
    if (stored) return { ok: true, parsed: stored };
    const read = await reader.read(request);
    if (read.ok) this.#cache.add(key, inside, read.parsed);
    return read;
  }

  /** Returns the key of a package in the cache; null if the file may differ from its integrity, or from what another hook makes. */
  #packageKey(location: string, path: string): string | null {
    const integrity = integrityOf(this.#project, location);
    const isHooked =
      this.#options.transform !== undefined && (/\.svelte\.js$/.test(path) || !/\.(?:[mc]?js|css|json)$/.test(path));
    return integrity === undefined || isHooked || this.#project.isChanged(path)
      ? null
      : `${integrity} ${this.#options.cacheKey}`;
  }

  async #packageOf({ build }: Round, path: string): Promise<ModulePackage> {
    const location = packageFolder(path);
    const known = this.#packages.get(location);
    if (known) return known;
    const scope = await build.scope(`${location}/package.json`);
    const json = scope?.folder === location ? scope.json : undefined;
    const name = textField(json, "name") || location.slice(location.lastIndexOf("node_modules/") + 13);
    const found = { name, version: textField(json, "version"), location };
    this.#packages.set(location, found);
    return found;
  }

  async #textOf({ build }: Round, { path }: { path: string }): Promise<string | null> {
    return build.files.kind(path) === "file" ? await build.files.text(path) : null;
  }

  #addressOf({ path, parsed }: ModuleSource): string {
    const { base64 = "", mediaType = mediaTypeOf(path) } = parsed;
    if (!this.#options.assets) return `data:${mediaType};base64,${base64}`;
    return this.#address(
      path,
      mediaType,
      Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)),
    );
  }

  #address(path: string, mediaType: string, bytes: Uint8Array): string {
    const { assets } = this.#options;
    return assets ? assets({ path, mediaType, bytes }) : `data:${mediaType};base64,${toBase64(bytes)}`;
  }
}

const EMPTY: ParsedModule = {
  format: "module",
  code: "",
  map: null,
  imports: [],
  exports: [],
  reexports: [],
  stars: [],
};

const EMPTY_SOURCE: ModuleSource = {
  id: EMPTY_ID,
  path: "",
  isOwn: false,
  package: null,
  isNodeImporter: false,
  parsed: { ...EMPTY, format: "commonjs" },
  targets: [],
  errors: [],
  warnings: [],
};

/** Returns the content by which a change of a file is noticed; undefined for own files that the project holds. */
function contentOf(files: FileMap, path: string, isOwn: boolean): string | Uint8Array | undefined {
  // A package's files do not change, unless an own file takes the place of one.
  return files[path] ?? (isOwn ? undefined : "");
}

/** Returns the file and the query of an id. */
function nameOf(id: string): { path: string; query: string } {
  const at = id.indexOf("?");
  const path = at < 0 ? id : id.slice(0, at);
  return { path: path.replace(/%(?:25|3F|23)/g, decodeURIComponent), query: at < 0 ? "" : id.slice(at) };
}

/** Divides missing imports into those that keep a module from running, and those that matter only if their code runs. */
function problemsOf(
  parsed: ParsedModule,
  targets: readonly ImportTarget[],
  isOwn: boolean,
): [errors: ModuleProblem[], warnings: ModuleProblem[]] {
  const errors: ModuleProblem[] = [];
  const warnings: ModuleProblem[] = [];
  for (const [index, target] of targets.entries()) {
    const one = parsed.imports[index];
    if (target.kind === "module" && target.warning) warnings.push(target.warning);
    if (target.kind !== "missing" || !one || one.isOptional) continue;
    const mayWait = !isOwn && (one.form === "require" || one.form === "dynamic");
    (mayWait ? warnings : errors).push(target.problem);
  }
  return [errors, warnings];
}

function haveSameNames(a: FileMap, b: FileMap): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => b[name] !== undefined);
}

/** Returns the contents of all files that decide how imports are resolved. */
function configsOf(files: FileMap): string {
  const names = Object.keys(files).filter((name) => name.endsWith(".json"));
  return JSON.stringify(names.map((name) => [name, String(files[name])]));
}

interface GraphParts extends Pick<ModuleGraph, "entries" | "modules" | "errors" | "warnings"> {
  readonly earlier: ModuleGraph | null;
}

class Graph implements ModuleGraph {
  readonly entries: readonly string[];
  readonly modules: ReadonlyMap<string, GraphModule>;
  readonly errors: readonly ModuleProblem[];
  readonly warnings: readonly ModuleProblem[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  readonly #session: GraphSession;

  constructor(session: GraphSession, { earlier, ...parts }: GraphParts) {
    this.#session = session;
    this.entries = parts.entries;
    this.modules = parts.modules;
    this.errors = parts.errors;
    this.warnings = parts.warnings;
    const before = earlier?.modules ?? new Map<string, GraphModule>();
    this.changed = [...parts.modules.values()]
      .filter(({ key, code }) => before.get(key)?.code !== code)
      .map(({ key }) => key);
    this.removed = [...before.keys()].filter((key) => !parts.modules.has(key));
  }

  async update(files: FileMap, { signal }: { signal?: AbortSignal } = {}): Promise<ModuleGraph> {
    return await this.#session.graph(files, signal, this);
  }
}

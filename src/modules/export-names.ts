import type { GraphBudget } from "./graph-budget.ts";
import type { ModuleSource } from "./module-source.ts";

type Sources = ReadonlyMap<string, ModuleSource>;

/**
 * The names that modules export, and those that importers ask CommonJS modules for.
 *
 * - A module has its own names, and those of its `export *`, without `default`.
 * - A CommonJS module has the names that the lexer found, in it and in the modules that it exports as a whole
 *   (`module.exports = require("./x")`, `__exportStar`). Any other name that is asked for is read when it runs, as bundlers do.
 */
export class ExportNames {
  readonly #sources: Sources;
  readonly #budget: GraphBudget;
  readonly #own = new Map<string, ReadonlySet<string>>();
  readonly #asked = new Map<string, Set<string>>();
  readonly #answers = new Map<string, boolean | null>();

  constructor(sources: Sources, budget: GraphBudget) {
    this.#sources = sources;
    this.#budget = budget;
  }

  /** Checks whether a module exports a name; null if that is not known. Notes a name that CommonJS is asked for. */
  has(id: string, name: string): boolean | null {
    const key = `${id}\0${name}`;
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const answer = this.#search(id, name);
    this.#answers.set(key, answer);
    return answer;
  }

  /** Returns the names of a CommonJS module, found and asked for, without `default`. Sorted. */
  ofCommonJs(id: string): string[] {
    const names = new Set(this.#asked.get(id));
    for (const source of this.#starred(id)) for (const name of this.#ownNames(source)) names.add(name);
    names.delete("default");
    return [...names].sort();
  }

  #search(id: string, name: string): boolean | null {
    let isUnknown = false;
    const commonJs: ModuleSource[] = [];
    const seen = new Set([id]);
    for (const one of seen) {
      this.#budget.count(1);
      const source = this.#sources.get(one);
      if (!source || source.errors.some(({ code }) => code !== "ERR_MODULE_NOT_FOUND")) {
        isUnknown = true;
        continue;
      }
      const { format } = source.parsed;
      if (format === "commonjs") commonJs.push(source);
      else if (format === "json" || format === "css") isUnknown = true;
      else if ((one === id || name !== "default") && this.#ownNames(source).has(name)) return true;
      if (format !== "module" || name === "default") continue;
      for (const star of source.parsed.stars) {
        const target = source.targets[star];
        if (target?.kind === "module") seen.add(target.id);
        else isUnknown = true;
      }
    }
    const holder = commonJs.find((source) => this.ofCommonJs(source.id).includes(name)) ?? commonJs[0];
    if (!holder) return isUnknown ? null : false;
    if (name !== "default") this.#ask(holder.id, name);
    return true;
  }

  #ask(id: string, name: string): void {
    const asked = this.#asked.get(id) ?? new Set<string>();
    this.#asked.set(id, asked.add(name));
  }

  /** Yields a module, and all whose names it exports as a whole. */
  *#starred(id: string): Generator<ModuleSource> {
    const seen = new Set([id]);
    for (const one of seen) {
      this.#budget.count(1);
      const source = this.#sources.get(one);
      if (!source) continue;
      yield source;
      for (const star of source.parsed.stars) {
        const target = source.targets[star];
        if (target?.kind === "module") seen.add(target.id);
      }
    }
  }

  #ownNames({ id, parsed }: ModuleSource): ReadonlySet<string> {
    let names = this.#own.get(id);
    if (!names) {
      names = new Set([...parsed.exports, ...parsed.reexports.map(({ exported }) => exported)]);
      this.#budget.count(names.size);
      this.#own.set(id, names);
    }
    return names;
  }
}

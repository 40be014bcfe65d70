import { type Problem, ROOT, type Rule } from "./model.ts";

/** Maps installed names to `source@version`, including the project's own. */
export type Choice = ReadonlyMap<string, string>;

/** Returns a choice that breaks no rule; null if there is none; undefined if the search takes more than `budget` steps. */
export function findChoice(problem: Problem, budget = 100_000): Choice | null | undefined {
  return new Search(problem, budget).from(new Map([[ROOT, ROOT]]));
}

/** Tries every version of every required package. Other packages are left out, which breaks no rule. */
class Search {
  readonly #installable: Problem["installable"];
  readonly #rules = new Map<string, Rule[]>();
  #left: number;

  constructor({ installable, rules }: Problem, budget: number) {
    this.#installable = installable;
    this.#left = budget;
    for (const rule of rules) {
      for (const id of rule.when) {
        const key = `${rule.from} ${id}`;
        const list = this.#rules.get(key);
        if (list) list.push(rule);
        else this.#rules.set(key, [rule]);
      }
    }
  }

  from(chosen: Choice): Choice | null | undefined {
    if (this.#left-- <= 0) return undefined;
    const asked = new Map<string, Rule[]>();
    for (const [from, id] of chosen) {
      for (const rule of this.#rules.get(`${from} ${id}`) ?? []) {
        const own = chosen.get(rule.name);
        if (own !== undefined && !rule.allowed.has(own)) return null;
        if (own === undefined) asked.set(rule.name, [...(asked.get(rule.name) ?? []), rule]);
      }
    }
    const next = this.#narrowest(asked);
    if (!next) return chosen;
    for (const id of next.options) {
      const found = this.from(new Map([...chosen, [next.name, id]]));
      if (found !== null) return found;
    }
    return null;
  }

  /** Returns the required, unchosen package with the fewest possible versions. */
  #narrowest(asked: ReadonlyMap<string, readonly Rule[]>): { name: string; options: string[] } | undefined {
    let best: { name: string; options: string[] } | undefined;
    for (const [name, rules] of asked) {
      if (rules.every(({ kind }) => kind === "constraint")) continue;
      const options = (this.#installable.get(name) ?? []).filter((id) => rules.every(({ allowed }) => allowed.has(id)));
      if (!best || options.length < best.options.length) best = { name, options };
    }
    return best;
  }
}

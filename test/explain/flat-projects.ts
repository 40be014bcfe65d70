import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Failure } from "../../src/api/failure.ts";
import type { Proof, ProofFact, Rung, SolverStats } from "../../src/api/flat.ts";
import { InstallError } from "../../src/errors/failure.ts";
import { explain } from "../../src/explain/explain.ts";
import { findChoice } from "../solver/laws/brute-force.ts";
import { checkProof } from "../solver/laws/check-proof.ts";
import { Model, type Problem } from "../solver/laws/model.ts";
import type { Project, Sections } from "../solver/laws/registry-case.ts";
import { folderSnapshot } from "../support/registry/folder.ts";
import { memoryRegistry } from "../support/registry/memory-fetch.ts";
import type { Snapshot } from "../support/registry/snapshot.ts";
import { resolveIn } from "../support/tree.ts";

/** The result of resolving a project with a relaxation. */
export type Answer =
  | { readonly rung: Rung | null; readonly packages: number; readonly stats: SolverStats | undefined }
  | { readonly failure: Failure };

/** Resolves the recorded projects of a registry's folder with the flat strategy. */
export class FlatProjects {
  readonly names: readonly string[];
  readonly #folder: string;
  readonly #snapshot: Snapshot;

  constructor(folder: string) {
    this.#folder = join(folder, "projects");
    this.#snapshot = folderSnapshot(join(folder, "snapshot"));
    this.names = readdirSync(this.#folder).sort();
  }

  async resolve(name: string, relax: Rung): Promise<Answer> {
    const files = { "package.json": this.#manifest(name) };
    const snapshot = this.#snapshot;
    try {
      const answer = await resolveIn({ ...memoryRegistry(snapshot), snapshot, tarballs: {} }, files, {
        strategy: "flat",
        relax,
      });
      const { rung, stats, tree } = answer;
      return { rung, packages: tree.nodes.length, stats: stats.solver };
    } catch (error) {
      if (error instanceof InstallError) return { failure: error.failure };
      throw error;
    }
  }

  #manifest(name: string): string {
    return readFileSync(join(this.#folder, name, "package.json"), "utf8");
  }

  /**
   * Checks a proof against the registry, with code that is independent of the solver: each fact is true, each step follows, and
   * the facts alone leave no choice of versions. `needed` counts the facts without which they would.
   */
  check(name: string, proof: Proof): { wrong: string[]; needed: number } {
    const model = this.#model(name, proof);
    // checkProof tries every version, which takes too long here. Below, versions that no fact tells apart are tried as one.
    const wrong = checkProof(model, proof).filter((one) => one !== "the facts can all be met");
    if (findChoice(problemOf(model, proof.facts), BUDGET) !== null) wrong.push("the facts leave a choice");
    const needed = proof.facts.filter((fact) => {
      // One requirement may be several facts, of several intervals of versions.
      const others = proof.facts.filter((other) => keyOf(other) !== keyOf(fact) || other.from !== fact.from);
      return findChoice(problemOf(model, others), BUDGET);
    });
    return { wrong, needed: needed.length };
  }

  /** Builds a model of the requirements in a proof, and nothing else. */
  #model(name: string, { facts }: Proof): Model {
    const pairs = new Set(facts.map((fact) => `${fact.from} ${fact.name}`));
    const only = (from: string, sections: Sections): Sections =>
      Object.fromEntries(
        SECTIONS.flatMap((section) => {
          const kept = Object.entries(sections[section] ?? {}).filter(([one]) => pairs.has(`${from} ${one}`));
          return kept.length > 0 ? [[section, Object.fromEntries(kept)] as const] : [];
        }),
      );
    const packages: Record<string, Sections> = {};
    const tags: Record<string, Record<string, string>> = {};
    for (const one of new Set(facts.flatMap((fact) => [fact.from, fact.name]))) {
      const bytes = one === "" ? undefined : this.#snapshot.packument(one);
      if (!bytes) continue;
      const document = JSON.parse(new TextDecoder().decode(bytes)) as Document;
      tags[one] = document["dist-tags"];
      for (const [version, manifest] of Object.entries(document.versions))
        packages[`${one}@${version}`] = only(one, manifest);
    }
    const project = JSON.parse(this.#manifest(name)) as Project;
    return new Model({ packages, tags, project: only("", project) });
  }
}

interface Document {
  readonly "dist-tags": Record<string, string>;
  readonly versions: Record<string, Sections>;
}

const SECTIONS = [
  "dependencies",
  "devDependencies",
  "optionalDependencies",
  "peerDependencies",
  "peerDependenciesMeta",
] as const;
const BUDGET = 1_000_000;

/** Turns the facts into rules. Of the versions that no fact tells apart, it keeps one. */
function problemOf({ rules: all, installable }: Model, facts: Proof["facts"]): Problem {
  const keys = new Set(facts.map(({ from, name, spec }) => `${from} ${name} ${spec}`));
  const rules = all.filter(({ from, name, spec }) => keys.has(`${from} ${name} ${spec || "*"}`));
  const said = new Map<string, Set<string>>();
  const mark = (name: string, id: string, what: string): void => {
    const key = `${name} ${id}`;
    said.set(key, (said.get(key) ?? new Set()).add(what));
  };
  for (const rule of rules) {
    for (const id of rule.when) mark(rule.from, id, `asks ${keyOf(rule)}`);
    for (const id of rule.allowed) mark(rule.name, id, `suits ${keyOf(rule)}`);
  }
  const kinds = [...installable].map(([name, ids]) => {
    const kindOf = (id: string): string => [...(said.get(`${name} ${id}`) ?? [])].sort().join();
    return [name, [...new Map(ids.map((id) => [kindOf(id), id])).values()]] as const;
  });
  return { rules, installable: new Map(kinds) };
}

/** Identifies the requirement of a fact, without the dependent's version. */
const keyOf = ({ name, spec, kind }: Pick<ProofFact, "name" | "spec" | "kind">): string => `${kind} ${name} ${spec}`;

const count = (many: number, what: string): string => `${many.toLocaleString("en")} ${what}${many === 1 ? "" : "s"}`;

/** Returns the text of `docs/explanations.md`: the result of each project, and the whole explanation of each failure. */
export async function explanations(projects: FlatProjects): Promise<string> {
  const rows: string[] = [];
  const parts: string[] = [];
  for (const name of projects.names) {
    const strict = await projects.resolve(name, "none");
    const copies = await projects.resolve(name, "copies");
    rows.push(`| ${name} | ${inBrief(strict)} | ${inBrief(copies)} |`);
    const sections = [
      ...section(strict, (proof) => projects.check(name, proof)),
      ...section(copies).flatMap((text, at) => (at === 0 ? ['With `relax: "copies"`:', text] : [text])),
    ];
    if (sections.length > 0) parts.push(`## ${name}`, ...sections);
  }
  const table = ['| project | one version of each | `relax: "copies"` |', "|---|---|---|", ...rows].join("\n");
  return [...INTRODUCTION, table, ...parts, ""].join("\n\n").trimEnd().concat("\n");
}

const INTRODUCTION = [
  "# Explanations",
  `This page is for readers of [solver.md](solver.md). It shows the results of flat resolutions of the nine recorded projects;
\`scripts/explanations.mjs\` writes it. If a project has no flat solution, \`webhoist lock --strategy flat\` prints the text below, and
the playground shows it.`,
  `Each proof of the first column is checked against the registry by code that is independent of the solver: every fact is true, every
step follows from its two causes, and the facts alone leave no choice of versions. A fact is *needed* if the others would leave a choice
without it.`,
  `How to read a proof: a line follows from the facts that it states, from the line before it if it begins with "And because", and from
lines that it refers to by number. \`which\` means every version that the clause before requires. If only some versions of a package are
meant, the line gives their intervals.`,
];

function inBrief(answer: Answer): string {
  if ("failure" in answer) return answer.failure.code === "ENOSOLUTION" ? "no solution" : answer.failure.code;
  const { packages, stats } = answer;
  return `${count(packages, "package")}, ${count(stats?.decisions ?? 0, "decision")}, ${count(stats?.conflicts ?? 0, "conflict")}`;
}

/**
 * Returns the text of a failure and the figures of its proof. With relaxations, packages are split into lines, so the facts cannot be
 * checked against the registry.
 */
function section(answer: Answer, check?: (proof: Proof) => { wrong: string[]; needed: number }): string[] {
  if (!("failure" in answer)) return [];
  const { failure } = answer;
  const text = ["```text", explain(failure), "```"].join("\n");
  const proof = failure.details?.["proof"] as Proof | undefined;
  if (!proof || !check) return [text];
  const { wrong, needed } = check(proof);
  if (wrong.length > 0) throw new Error(`${failure.message}: ${wrong.join("; ")}`);
  const { facts, steps } = proof;
  return [text, `${count(facts.length, "fact")}, ${needed} of them needed; ${count(steps.length, "step")}.`];
}

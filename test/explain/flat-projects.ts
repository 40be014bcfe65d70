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

/** What comes of a project on a rung. */
export type Answer =
  | { readonly rung: Rung | null; readonly packages: number; readonly stats: SolverStats | undefined }
  | { readonly failure: Failure };

/** The recorded projects of a registry's folder, resolved flat. */
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
   * Holds a proof against the registry, sharing nothing with the solver: whether each fact is so, each step follows, and the
   * facts alone, without anything else that the registry says, leave no choice. `needed`: without which they would.
   */
  check(name: string, proof: Proof): { wrong: string[]; needed: number } {
    const model = this.#model(name, proof);
    // It tries every version for itself, which is too much here: versions that no fact tells apart are tried as one.
    const wrong = checkProof(model, proof).filter((one) => one !== "the facts can all be met");
    if (findChoice(problemOf(model, proof.facts), BUDGET) !== null) wrong.push("the facts leave a choice");
    const needed = proof.facts.filter((fact) => {
      // One wish may be told as several facts, of several stretches of versions.
      const others = proof.facts.filter((other) => keyOf(other) !== keyOf(fact) || other.from !== fact.from);
      return findChoice(problemOf(model, others), BUDGET);
    });
    return { wrong, needed: needed.length };
  }

  /** What a proof's packages ask of each other, and nothing else. */
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

/** The facts as rules, and of the versions that they do not tell apart one of each kind. */
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

/** What a rule says, whichever version says it. */
const keyOf = ({ name, spec, kind }: Pick<ProofFact, "name" | "spec" | "kind">): string => `${kind} ${name} ${spec}`;

const count = (many: number, what: string): string => `${many.toLocaleString("en")} ${what}${many === 1 ? "" : "s"}`;

/** `docs/explanations.md`: how each project stands, and for those that are refused the whole explanation. */
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
  `Written by \`scripts/explanations.mjs\`: what a flat resolution (docs/solver.md) says of the nine recorded projects. Where there is
no answer, the text is what \`webhoist lock --strategy flat\` prints and the playground shows.`,
  `Each proof of the first column is held against the registry by code that shares nothing with the solver: every fact is so, every
step follows from the two before it, and the facts alone leave no choice of versions. A fact is *needed* where the others without it
leave one.`,
  `How to read them: a line follows from what it tells, from the line right before it where it begins with "And because", and from
lines that it refers to by number. \`which\` is every version that was just wanted. Where only some versions are meant, a stretch
of them says where it begins and ends.`,
];

function inBrief(answer: Answer): string {
  if ("failure" in answer) return answer.failure.code === "ENOSOLUTION" ? "refused" : answer.failure.code;
  const { packages, stats } = answer;
  return `${count(packages, "package")}, ${count(stats?.decisions ?? 0, "decision")}, ${count(stats?.conflicts ?? 0, "conflict")}`;
}

/** A refusal's text, and what is known of its proof. On lower rungs packages are split, and the facts are not the registry's own. */
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

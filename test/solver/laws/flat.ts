import type { Failure } from "../../../src/api/failure.ts";
import type { Proof, Rung, SolverStats } from "../../../src/api/flat.ts";
import type { ResolveOptions } from "../../../src/api/resolve.ts";
import { runToEnd } from "../../../src/base/run-to-end.ts";
import { drive, type ExternalNeed } from "../../../src/engine/driver.ts";
import type { Answer } from "../../../src/engine/need.ts";
import { readProject } from "../../../src/engine/read-project.ts";
import { writeProject } from "../../../src/engine/write-project.ts";
import { fail, failure, InstallError, ok } from "../../../src/errors/failure.ts";
import { sentenceSteps } from "../../../src/explain/proof-sentence.ts";
import { resolveFlat } from "../../../src/flat/resolve-flat.ts";
import type { ProjectTree } from "../../../src/graph/tree.ts";
import { indexPackument } from "../../../src/registry/condense.ts";
import type { Techniques } from "../../../src/solver/techniques.ts";
import { PLATFORM } from "../../conformance/recorded.ts";
import { fakeRegistry } from "../../support/fake-registry.ts";
import { type Choice, findChoice } from "./brute-force.ts";
import { checkAnswer } from "./check-answer.ts";
import { checkProof, printProof } from "./check-proof.ts";
import { Model, ROOT } from "./model.ts";
import type { RegistryCase } from "./registry-case.ts";

export interface Refusal {
  readonly proof: Proof;
  readonly message: string;
}

/** The result if an override below one package would reach further in npm than in a flat tree. */
export const OUT_OF_REACH = "out of reach";

export type FlatAnswer =
  | Refusal
  | typeof OUT_OF_REACH
  | {
      readonly choice: Choice;
      readonly tree: ProjectTree;
      readonly lock: string;
      readonly stats: SolverStats;
      readonly rung: Rung;
    };

/**
 * Returns the refusal of an ENOSOLUTION. Rethrows any other error, because that is a defect.
 * @param complete adds to the failure
 */
export function refusalOf(error: unknown, complete = (failure: Failure): Failure => failure): Refusal {
  if (!(error instanceof InstallError) || error.code !== "ENOSOLUTION") throw error;
  const { message, details } = complete(error.failure);
  return { proof: details?.["proof"] as Proof, message };
}

export const packageJson = ({ project }: RegistryCase): string => JSON.stringify(project, null, 2);

export interface FlatOptions {
  readonly options?: ResolveOptions;
  readonly techniques?: Techniques;
  /** Files of the project besides package.json. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Resolves a case with the flat strategy: the engine alone, with the blocking driver and packuments in memory. */
export async function flatAnswer(
  registryCase: RegistryCase,
  { options = {}, techniques, files }: FlatOptions = {},
): Promise<FlatAnswer> {
  const { snapshot } = fakeRegistry(registryCase.packages, { tags: registryCase.tags });
  const peek = ({ key }: ExternalNeed): Answer => {
    const bytes = snapshot.packument(key);
    return bytes ? ok(indexPackument(key, bytes)) : fail(failure("E404", key, { package: key }));
  };
  const host = { peek, answer: async (need: ExternalNeed) => peek(need), breathe: () => undefined };
  const input = {
    files: { "package.json": packageJson(registryCase), ...files },
    name: "project",
    options,
    platform: PLATFORM,
  };
  const project = await readProject(input);
  try {
    const { solver, rung } = await drive(resolveFlat(project, techniques), host);
    const written = await drive(writeProject(project), host);
    const { tree } = project.context;
    return { choice: choiceOf(tree), tree, lock: written.files[written.lockfile] ?? "", stats: solver, rung };
  } catch (error) {
    const scoped = Object.values(registryCase.project.overrides ?? {}).some((rule) => typeof rule === "object");
    if (scoped && error instanceof InstallError && error.code === "EOVERRIDE") return OUT_OF_REACH;
    // The installer adds the proof's first sentence to the message. The engine alone does not.
    return refusalOf(error, (failure) => runToEnd(sentenceSteps(failure)));
  }
}

function choiceOf({ root }: ProjectTree): Choice {
  const nodes = [...root.children.values()].map((node) => [node.name, `${node.packageName}@${node.version}`] as const);
  return new Map([[ROOT, ROOT], ...nodes]);
}

/** Counts the results, for printing. */
export interface Tally {
  solvable: number;
  unsolvable: number;
  outOfReach: number;
  /** Cases with too many choices to try them all. */
  untried: number;
  decisions: number;
  conflicts: number;
}

/** Returns the errors of the flat strategy: compared with trying every choice, and in its own solution or proof. */
export async function judge(registryCase: RegistryCase, tally: Tally, options?: FlatOptions): Promise<string[]> {
  const model = new Model(registryCase);
  const wanted = findChoice(model, 20_000);
  const answer = await flatAnswer(registryCase, options);
  if (wanted === undefined) tally.untried++;
  if (answer === OUT_OF_REACH) {
    tally.outOfReach++;
    return wanted === null ? ["there is no answer, and it says that there is one"] : [];
  }
  if ("proof" in answer) {
    tally.unsolvable++;
    if (wanted) return [`there is an answer: ${[...wanted.values()].join(" ")}, and it says: ${answer.message}`];
    const bad = [...checkProof(model, answer.proof), ...checkText(answer.message)];
    return bad.length > 0 ? [...bad, ...printProof(answer.proof)] : [];
  }
  const { choice, tree, stats } = answer;
  tally.solvable++;
  tally.decisions += stats.decisions;
  tally.conflicts += stats.conflicts;
  const wrong = wanted === null ? ["there is no answer"] : [];
  for (const { location, edges } of edgesOf(tree)) {
    if (location.split("node_modules/").length > 2) wrong.push(`${location} is a second copy`);
    for (const { name, rawSpec, valid } of edges)
      if (!valid) wrong.push(`to npm ${location} has no valid ${name}@${rawSpec}`);
  }
  return [...wrong, ...checkAnswer(model, choice)];
}

const edgesOf = ({ inventory }: ProjectTree) =>
  [...inventory].map(([location, node]) => ({ location, edges: [...node.edges().values()] }));

const checkText = (text: string): string[] => (/undefined|null|NaN|\[object/.test(text) ? [`it says: ${text}`] : []);

import type { ResolutionParts } from "../../src/answer/resolution.ts";
import { treeData } from "../../src/answer/tree-data.ts";
import type { Failure } from "../../src/api/failure.ts";
import type { ResolutionStats } from "../../src/api/resolve.ts";
import { orAbort } from "../../src/base/on-abort.ts";
import type { Steps } from "../../src/engine/need.ts";
import type { Project } from "../../src/engine/read-project.ts";
import { writeProject } from "../../src/engine/write-project.ts";
import { InstallError } from "../../src/errors/failure.ts";
import { shown } from "../../src/errors/shown.ts";
import type { FlatAnswer } from "../../src/flat/resolve-flat.ts";
import { resolveTree } from "../../src/ideal/resolve.ts";
import type { PlacedReporter } from "./placed-packages.ts";
import type { PreparedRun } from "./prepare-run.ts";
import type { Meter } from "./progress-counters.ts";
import type { Supply } from "./supply.ts";
import { suspectMetadata } from "./suspect-metadata.ts";

/** Observers of a run. */
export interface RunObservers {
  meter?: Meter | undefined;
  /** Reports packages as the engine places them. */
  placed?: PlacedReporter | undefined;
}

/**
 * Resolves a prepared run with the packages that `supply` brings. Stops the observers and disposes of the supply at the end.
 *
 * 1. Builds the tree: npm's strategy (src/ideal/resolve.ts) or the flat one (src/flat/resolve-flat.ts). The strategy is a
 *    generator; the supply drives it and answers its needs (src/engine/driver.ts).
 * 2. With `cache: "offline"`, checks that no metadata was missing.
 * 3. With `completeLockfile`, adds to the lock's entries the fields that abbreviated metadata lacks.
 * 4. Writes the lock and the changed package.json files.
 * 5. Returns them, with the tree as plain data (src/answer/tree-data.ts).
 *
 * @throws InstallError; the signal's reason after a cancel. Pass what it throws through {@link runError}.
 */
export async function resolveRun(
  run: PreparedRun,
  supply: Supply,
  observers: RunObservers = {},
): Promise<ResolutionParts> {
  const { project, stopwatch } = run;
  const { meter } = observers;
  const { inventory } = project.context.tree;
  stopwatch.lap("read");
  try {
    meter?.phase("resolve");
    const { warnings, rung = null, solver } = await buildTree(run, supply, observers);
    supply.stopPreload();
    stopwatch.lap("resolve");
    const incomplete = await completeLock(run, supply, meter);
    stopwatch.lap("complete");
    meter?.phase("write");
    const { files, lockfile, warnings: more } = await supply.drive(writeProject(project), () => {});
    stopwatch.lap("write");
    if (supply.warned) await orAbort(supply.warned(), run.signal);
    meter?.end();
    return {
      // Bound, not an arrow: a closure would keep the whole run in memory for as long as the answer is kept.
      tree: treeData.bind(null, inventory),
      files,
      lockfile,
      warnings: [...run.warnings, ...incomplete, ...warnings, ...more].map(shown),
      stats: { ...statsOf(run, supply), ...(solver && { solver }) },
      rung,
    };
  } finally {
    meter?.stop();
    supply.dispose();
  }
}

/**
 * Returns the error with which a run rejects: the signal's reason after a cancel; otherwise an InstallError with ways out, or an
 * unexpected error unchanged.
 */
export async function runError(error: unknown, signal: AbortSignal): Promise<unknown> {
  if (signal.aborted) return signal.reason;
  const { finalError } = await import("../../src/explain/final-error.ts");
  return finalError(error);
}

/** The result of either strategy. */
type Built = { warnings: readonly Failure[] } & Partial<Pick<FlatAnswer, "rung" | "solver">>;

/** @throws InstallError EOFFLINE if an offline run lacked metadata, even if the engine then failed for another reason */
async function buildTree(run: PreparedRun, supply: Supply, { meter, placed }: RunObservers): Promise<Built> {
  const { project, signal } = run;
  const { tree, options } = project.context;
  const checkOffline = async (needed: boolean): Promise<void> => {
    if (run.cache === "offline") (await import("./check-offline.ts")).checkOffline(await supply.missing(needed));
  };
  try {
    const built = await supply.drive(await stepsOf(project), () => {
      meter?.tick();
      placed?.tick(tree.inventory, options.platform);
    });
    await checkOffline(true);
    await judge(run, supply);
    return built;
  } catch (error) {
    signal.throwIfAborted();
    // For a failure, the preload's list is more complete: the engine has stopped early.
    await checkOffline(false);
    if (!(error instanceof InstallError && error.code === "EFULLMETADATA")) await judge(run, supply);
    throw error;
  }
}

/** Doubts abbreviated metadata, also after a failure, which may be due to a field that it lacks. @throws InstallError EFULLMETADATA */
async function judge(run: PreparedRun, supply: Supply): Promise<void> {
  // What is stored was judged when it was fetched, and a page without a network must not wait for an answer.
  if (supply.metadata !== "abbreviated" || supply.counts().requests === 0) return;
  const suspects = suspectMetadata(run);
  if (suspects.size > 0)
    await orAbort((await import("./judge-metadata.ts")).judgeMetadata(run, supply, suspects), run.signal);
}

/** Returns the steps of the strategy. Loads the solver only for a flat resolution. */
async function stepsOf(project: Project): Promise<Steps<Built>> {
  if (project.options.strategy !== "flat") return resolveTree(project);
  const { resolveFlat } = await import("../../src/flat/resolve-flat.ts");
  return resolveFlat(project);
}

/** Returns a warning for each package that could not be completed. */
async function completeLock(run: PreparedRun, supply: Supply, meter: Meter | undefined): Promise<readonly Failure[]> {
  const { project, signal } = run;
  if (!project.options.completeLockfile || supply.metadata !== "abbreviated") return [];
  meter?.phase("complete");
  const { completeManifests } = await import("./complete-lock.ts");
  return await orAbort(completeManifests(project, supply), signal);
}

function statsOf({ project, stopwatch }: PreparedRun, supply: Supply): ResolutionStats {
  const { requests, bytes, packuments, manifestsParsed, messages } = supply.counts();
  const nodes = project.context.tree.inventory.size - 1;
  return { requests, bytes, packuments, manifestsParsed, nodes, messages, milliseconds: stopwatch.milliseconds };
}

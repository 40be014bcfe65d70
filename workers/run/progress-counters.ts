import type { Progress } from "../../src/api/resolve.ts";
import type { PreparedRun } from "./prepare-run.ts";
import type { Supply } from "./supply.ts";

/** The counts of a run's progress, read when a report is due. */
export interface ProgressCounters {
  counts(): Pick<Progress, "known" | "fetched">;
  /** Returns the number of packages in the tree. */
  placed(): number;
}

export function progressCounters({ project }: PreparedRun, supply: Supply): ProgressCounters {
  const { inventory } = project.context.tree;
  return { counts: () => supply.counts(), placed: () => inventory.size - 1 };
}

/** Receives the progress of a run. */
export interface Meter {
  /** Called when a phase begins. */
  phase(phase: Progress["phase"]): void;
  /** Called at every step of the engine. */
  tick(): void;
  /** Makes the last report. */
  end(): void;
  /** Makes no more reports. */
  stop(): void;
}

import type { Failure } from "../api/failure.ts";
import { raise } from "../errors/failure.ts";
import type { Context } from "./context.ts";
import { needCode, PAUSE, type Steps } from "./need.ts";

// Most resolutions neither fail nor warn, so the code that words failures is loaded when the first one has to be described.

/** Describes a failure with the wording module. */
export type DescribeFailure = (wording: typeof import("./failure-wording.ts")) => Failure;

/** Ends a build with a failure that is not described yet. The tree must not change until {@link describeFailures} has run. */
export class PendingFailure extends Error {
  declare readonly describe: DescribeFailure;
  constructor(describe: DescribeFailure) {
    super();
    this.describe = describe;
  }
}

/** Runs `work` and describes the {@link PendingFailure} that ends it. @throws InstallError with the described failure */
export function* describeFailures<T>(work: Steps<T>, { specTable }: Context): Steps<T> {
  try {
    return yield* work;
  } catch (error) {
    if (!(error instanceof PendingFailure)) throw error;
    const wording = yield* needCode(loadWording);
    specTable.budget.beginDescription(false);
    return raise(error.describe(wording));
  }
}

/** Describes the warnings that are pending. Call it before the tree changes again. */
export function* describeWarnings({ pendingWarnings, warnings, specTable }: Context): Steps<void> {
  if (pendingWarnings.length === 0) return;
  const wording = yield* needCode(loadWording);
  for (const [index, describe] of pendingWarnings.splice(0).entries()) {
    specTable.budget.beginDescription(true);
    warnings.push(describe(wording));
    if (index % 16 === 15) yield PAUSE;
  }
}

const loadWording = () => import("./failure-wording.ts");

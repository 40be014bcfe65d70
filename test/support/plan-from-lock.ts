import { runToEnd } from "../../src/base/run-to-end.ts";
import { ForbiddenPackages } from "../../src/install/forbidden-packages.ts";
import type { InstallPlan, PlanOptions } from "../../src/install/plan.ts";
import { planInSteps } from "../../src/install/read-plan.ts";
import { LARGE_JSON } from "../../src/project/json-text.ts";
import { parseLargeJson } from "../../src/project/large-json.ts";
import { workspaceTest } from "../../src/project/workspaces.ts";

/** Plans an install from a lock without pauses. */
export function planFromLock(text: string, options: PlanOptions): InstallPlan {
  const code = {
    parseLargeJson: text.length > LARGE_JSON ? parseLargeJson : undefined,
    workspaceTest,
    ForbiddenPackages,
    ScriptVerdicts: undefined,
  };
  return runToEnd(planInSteps(text, options, code));
}

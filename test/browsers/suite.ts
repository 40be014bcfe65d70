import { describe } from "vitest";
import { testCaches } from "./caches.ts";
import { testFailures } from "./failures.ts";
import { testImportMaps } from "./import-maps.ts";
import { testKills } from "./kills.ts";
import type { Kind } from "./kinds.ts";
import { testLifecycle } from "./lifecycle.ts";
import { testModes } from "./modes.ts";
import { testSinks } from "./sinks.ts";
import { SHORT, trialOf } from "./trial.ts";

/** Tests the built package in a browser. With BROWSERS_SHORT set, only resolving, installing and the caches. */
export function testBrowser(kind: Kind): void {
  describe(kind, { timeout: 600_000 }, () => {
    const trial = trialOf(kind);
    testModes(trial);
    testCaches(trial);
    testSinks(trial);
    if (SHORT) return;
    testLifecycle(trial);
    testImportMaps(trial);
    testFailures(trial);
    testKills(trial);
  });
}

import { readFileSync } from "node:fs";
import { openPack } from "./pack.ts";
import type { ConformanceCase, Suite } from "./recorded.ts";

/** Returns the committed cases of a suite. */
export function fixtureCases(suite: Suite): Promise<ConformanceCase[]> {
  return openPack(readFileSync(new URL(`./fixtures/${suite}.pack`, import.meta.url)));
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { folderCases, type LazyCase } from "./folder.ts";
import { openPack } from "./pack.ts";
import type { Suite } from "./recorded.ts";

export interface CaseSource {
  /** The recorded registry's folder. Without it, the committed packs are run. */
  root?: string;
  packs: string;
  suites: Suite[];
}

/** Returns the cases that `scripts/conformance.mjs` runs. */
export async function openCases({ root, packs, suites }: CaseSource): Promise<LazyCase[]> {
  if (root) return folderCases(root, suites);
  const opened = suites.map(async (suite) => {
    const cases = await openPack(readFileSync(join(packs, `${suite}.pack`)));
    return cases.map((found) => ({ suite, name: found.name, open: () => found }));
  });
  return (await Promise.all(opened)).flat();
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeviation } from "./deviations.ts";
import { FEATURES, featureCases, folderCases, type LazyCase } from "./folder.ts";
import { openPack } from "./pack.ts";
import { PLATFORM, type Suite } from "./recorded.ts";

export interface CaseSource {
  /** The recorded registry's folder. Without it, the committed packs are run. */
  root?: string;
  packs: string;
  suites: Suite[];
  /** The npm whose answers are expected: 11.19.1 or 12.2.2. */
  npm?: string;
}

export interface OpenedCase extends LazyCase {
  /** True if webhoist's answer is known to differ. */
  deviates: boolean;
}

/** Returns the cases that `scripts/conformance.mjs` runs. */
export async function openCases(source: CaseSource): Promise<OpenedCase[]> {
  const cases = await lazyCases(source);
  return cases.map((found) => ({ ...found, deviates: isDeviation(found, source.npm ?? PLATFORM.npm) }));
}

async function lazyCases({ root, packs, suites, npm = PLATFORM.npm }: CaseSource): Promise<LazyCase[]> {
  if (root) return folderCases(root, suites, npm);
  const opened = suites.map(async (suite) => {
    if (suite === "features") return featureCases(join(packs, FEATURES), npm);
    const cases = await openPack(readFileSync(join(packs, `${suite}.pack`)));
    return cases.map((found) => ({ suite, name: found.name, open: () => found }));
  });
  return (await Promise.all(opened)).flat();
}

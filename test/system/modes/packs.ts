import { openPack } from "../../conformance/pack.ts";
import type { ConformanceCase, PackedSuite } from "../../conformance/recorded.ts";

const PACKS: Readonly<Record<PackedSuite, URL>> = {
  projects: new URL("../../conformance/fixtures/projects.pack", import.meta.url),
  arborist: new URL("../../conformance/fixtures/arborist.pack", import.meta.url),
  real: new URL("../../conformance/fixtures/real.pack", import.meta.url),
  random: new URL("../../conformance/fixtures/random.pack", import.meta.url),
};

/** Fetches the committed cases of a suite, in a page. */
export async function fetchCases(suite: PackedSuite): Promise<ConformanceCase[]> {
  return await openPack(new Uint8Array(await (await fetch(PACKS[suite])).arrayBuffer()));
}

/** Checks whether a case uses special code paths in the threads: a failure, a lock or tarball to read, overrides, bundles. */
export function isSpecial({ expected, project, options }: ConformanceCase): boolean {
  if (expected.kind !== "lock" || options.saveBundle || options.workspaces) return true;
  return Object.entries(project.files).some(
    ([path, content]) =>
      /(-lock\.json|npm-shrinkwrap\.json|yarn\.lock|\.tgz|\.npmrc)$/.test(path) ||
      (typeof content === "string" && /"(overrides|bundled?Dependencies)"/.test(content)),
  );
}

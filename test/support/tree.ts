import type { FileMap, Platform } from "../../src/api/common.ts";
import type { Resolution, ResolveOptions } from "../../src/api/resolve.ts";
import { createInstaller } from "../../web/index.ts";
import { PLATFORM } from "../conformance/recorded.ts";
import { drawTree } from "./draw-tree.ts";
import type { FakeRegistry } from "./fake-registry.ts";

/** Resolves `files` with a fake registry, full metadata and the platform of npm's recorded answers, apart from `platform`. */
export async function resolveIn(
  registry: FakeRegistry,
  files: FileMap,
  options: ResolveOptions = {},
  platform: Partial<Platform> = {},
): Promise<Resolution> {
  const { url, fetch } = registry;
  const installer = await createInstaller({
    registry: url,
    fetch,
    metadata: "full",
    mode: "inline",
    platform: { ...PLATFORM, ...platform },
    retries: 0,
  });
  try {
    return await installer.resolve({ files, name: "project" }, options);
  } finally {
    installer.dispose();
  }
}

/** Resolves a project that has only a package.json. */
export function resolveManifest(
  registry: FakeRegistry,
  manifest: object,
  options: ResolveOptions = {},
  platform: Partial<Platform> = {},
): Promise<Resolution> {
  return resolveIn(registry, { "package.json": JSON.stringify(manifest, null, 2) }, options, platform);
}

/** Returns the drawn tree of a project with these dependencies. If a value is not a string, they are the whole package.json. */
export async function tree(
  registry: FakeRegistry,
  dependencies: Readonly<Record<string, unknown>>,
  options: ResolveOptions = {},
): Promise<string> {
  const plain = Object.values(dependencies).every((spec) => typeof spec === "string");
  return drawTree((await resolveManifest(registry, plain ? { dependencies } : dependencies, options)).tree);
}

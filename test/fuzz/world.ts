import type { FileMap } from "../../src/api/common.ts";
import type { Resolution, ResolveOptions } from "../../src/api/resolve.ts";
import { createInstaller } from "../../web/index.ts";
import { PLATFORM } from "../conformance/recorded.ts";
import { BrokenLaw, faultOf } from "./laws.ts";
import type { Tree } from "./value.ts";

/** A project and its registry. */
export interface World {
  files: Record<string, string | Uint8Array>;
  /** The document of each package. */
  packuments: Record<string, string>;
  options: Tree;
  /** Tarballs by path below the registry's URL. */
  tarballs?: Record<string, Uint8Array>;
}

export const REGISTRY = "http://registry.local/";

/** Returns the registry of a world. */
export function fetchOf({ packuments, tarballs }: Pick<World, "packuments" | "tarballs">): typeof globalThis.fetch {
  const bodies = new Map<string, string | Uint8Array>([
    ...Object.entries(packuments),
    ...Object.entries(tarballs ?? {}),
  ]);
  return async (url) => {
    const path = String(url).slice(REGISTRY.length);
    let body = bodies.get(path);
    if (body === undefined) {
      try {
        body = bodies.get(decodeURIComponent(path));
      } catch {
        // Not a path of this registry.
      }
    }
    return body === undefined ? new Response("{}", { status: 404 }) : new Response(body as string, { status: 200 });
  };
}

/** Resolves a world, and uses every part of the answer. @throws what the library throws, and BrokenLaw */
export async function resolveWorld(world: World, more: ResolveOptions = {}): Promise<Resolution> {
  const installer = await createInstaller({
    registry: REGISTRY,
    fetch: fetchOf(world),
    metadata: "full",
    mode: "inline",
    platform: PLATFORM,
    retries: 0,
    cache: "none",
  });
  try {
    const files: FileMap = world.files;
    const resolution = await installer.resolve({ files, name: "project" }, { ...world.options, ...more });
    await useResolution(resolution);
    return resolution;
  } finally {
    installer.dispose();
  }
}

/** Uses every part of a resolution. @throws BrokenLaw, and what the library throws */
export async function useResolution(resolution: Resolution): Promise<void> {
  for (const warning of resolution.warnings) {
    const fault = faultOf(warning);
    if (fault) throw new BrokenLaw(`a warning: ${fault}`);
  }
  const { tree, files } = resolution;
  for (const node of tree.nodes) {
    if (typeof node.name !== "string" || typeof node.version !== "string")
      throw new BrokenLaw(`${node.location} has the version ${JSON.stringify(node.version)}`);
    if (tree.get(node.location) !== node) throw new BrokenLaw(`tree.get does not find ${node.location}`);
    for (const edge of node.edgesOut) if (edge.from !== node) throw new BrokenLaw(`an edge of ${node.location}`);
  }
  const last = tree.nodes.at(-1);
  if (last) resolution.why(last.name);
  const lock = files["package-lock.json"] ?? files["npm-shrinkwrap.json"];
  if (lock !== undefined) {
    JSON.parse(lock);
    resolution.diff(lock);
  }
  void resolution.versions;
  await resolution.importMap({ provider: "esm.sh", onWarning: () => {} });
}

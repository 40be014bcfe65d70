// Loaded on demand: when an install with `verifyStored` finds packs in the cache.

import type { FoundPack } from "../pack-cache/pack-cache.ts";
import type { InstallPorts } from "./install-ports.ts";
import type { TarballStore } from "./tarball-store.ts";

/** Packs to verify at the same time. */
const BATCH = 16;

/**
 * Verifies packs of the cache by the hashes that found them, and lists their files again: a stored index may be wrong. Leaves out
 * packs that are not what they are stored as.
 */
export async function verifyFound(
  found: ReadonlyMap<string, FoundPack>,
  store: TarballStore,
  { extractor, unpack: limits }: Pick<InstallPorts, "extractor" | "unpack">,
): Promise<Map<string, FoundPack>> {
  const verified = new Map<string, FoundPack>();
  const all = [...found];
  while (all.length > 0) {
    const batch = all.splice(0, BATCH);
    const integrities = new Set(batch.map(([, { integrity }]) => integrity));
    const { tarballs } = await store.read([...integrities], []);
    const verify = async (integrity: string): Promise<void> => {
      let tarball = tarballs.get(integrity);
      for (const [hash, pack] of batch) {
        if (!tarball || pack.integrity !== integrity) continue;
        const request = { name: "", url: "", integrity: hash, limits, archive: false };
        const listed = await extractor.extract(tarball, request).catch(() => undefined);
        tarball = listed?.ok ? listed.value.tarball : undefined;
        if (listed?.ok && listed.value.integrity === integrity)
          verified.set(hash, { integrity, index: listed.value.index });
      }
    };
    await Promise.all([...integrities].map(verify));
  }
  return verified;
}

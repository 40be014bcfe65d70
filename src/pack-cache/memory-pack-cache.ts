import type { CachedPack, FoundPack, PackCache } from "./pack-cache.ts";

/** Returns a cache in this thread's memory. If it would exceed `room` bytes, the packs used least recently are dropped. */
export function createMemoryPackCache(room: number): PackCache {
  /** The pack used least recently comes first. */
  const packs = new Map<string, CachedPack>();
  const aliases = new Map<string, string>();
  let bytes = 0;
  const drop = ({ integrity, tarball, index }: CachedPack): void => {
    if (!packs.delete(integrity)) return;
    bytes -= tarball.length + index.length;
    for (const [alias, of] of aliases) if (of === integrity) aliases.delete(alias);
  };
  const use = (integrity: string): CachedPack | undefined => {
    const pack = packs.get(integrity);
    if (pack && packs.delete(integrity)) packs.set(integrity, pack);
    return pack;
  };
  const empty = async (): Promise<void> => {
    packs.clear();
    aliases.clear();
    bytes = 0;
  };
  return {
    waiting: 0,
    async find(hashes) {
      const found = new Map<string, FoundPack>();
      for (const hash of hashes) {
        const pack = use(aliases.get(hash) ?? hash);
        if (pack) found.set(hash, pack);
      }
      return found;
    },
    async read(integrities) {
      const found = new Map<string, Uint8Array>();
      for (const integrity of integrities) {
        const pack = use(integrity);
        // A copy, because the caller may transfer it to another thread.
        if (pack) found.set(integrity, pack.tarball.slice());
      }
      return found;
    },
    seekPoints: async () => new Map(),
    add(pack) {
      const { integrity, tarball, index } = pack;
      const size = tarball.length + index.length;
      if (size > room) return;
      if (!use(integrity)) {
        // A new object, so that the caller's closures can be freed.
        packs.set(integrity, { integrity, aliases: pack.aliases, tarball, index });
        bytes += size;
      }
      for (const alias of pack.aliases) aliases.set(alias, integrity);
      for (const oldest of packs.values()) if (bytes > room) drop(oldest);
    },
    flush: async () => {},
    usage: async () => ({ bytes, packs: packs.size }),
    clear: empty,
    close: async () => {},
  };
}

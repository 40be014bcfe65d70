import { fail, type Outcome, ok } from "../errors/failure.ts";
import { storeFailed } from "../errors/store.ts";
import type { FoundPack } from "../pack-cache/pack-cache.ts";
import { readPackIndex } from "../tarball/pack-index.ts";
import type { InstallPorts } from "./install-ports.ts";
import type { PackSource } from "./pack-source.ts";
import type { ReadablePack, TarballStore } from "./tarball-store.ts";

/** A tarball that was downloaded again, and the bytes that it inflates to, whatever its stored index says. */
export interface Refetched {
  readonly tarball: Uint8Array;
  readonly unpacked: number;
}

/** Verifies tarballs from the pack cache again, and fetches those that the cache has lost. */
export class PackRecovery {
  readonly #ports: Pick<InstallPorts, "downloads" | "extractor" | "unpack">;
  readonly #tarballs: TarballStore;
  /** The sources of packs, by sha512 SRI. */
  readonly #sources = new Map<string, PackSource>();

  constructor(ports: Pick<InstallPorts, "downloads" | "extractor" | "unpack">, tarballs: TarballStore) {
    this.#ports = ports;
    this.#tarballs = tarballs;
  }

  /** Remembers where a pack comes from, so that `refetch` finds it. */
  remember(integrity: string, source: PackSource): void {
    this.#sources.set(integrity, source);
  }

  /** Verifies packs that the cache has found, and lists their files again. */
  async verifyFound(found: ReadonlyMap<string, FoundPack>): Promise<Map<string, FoundPack>> {
    const { verifyFound } = await import("./verify-found.ts");
    return await verifyFound(found, this.#tarballs, this.#ports);
  }

  /** Verifies a cached tarball by its full hash, and inflates it. `tarball` is transferred to another thread. */
  async verify(tarball: Uint8Array, { integrity, unpacked }: ReadablePack): Promise<Outcome<Uint8Array>> {
    const { name = "", url = "" } = this.#sources.get(integrity) ?? {};
    const { extractor, unpack: limits } = this.#ports;
    const opened = await extractor.extract(tarball, { name, url, integrity, limits, archive: true });
    if (!opened.ok) return opened;
    const { archive } = opened.value;
    if (archive?.length === unpacked) return ok(archive);
    return fail(storeFailed(`The cached index of ${name || integrity} does not match its tarball.`));
  }

  /** Downloads and verifies a pack that the cache has lost, and puts it back into the cache. */
  async refetch(integrity: string): Promise<Outcome<Refetched>> {
    const source = this.#sources.get(integrity);
    if (!source) return fail(storeFailed(`The pack ${integrity} is gone from the pack cache. Install again.`));
    const { downloads, extractor, unpack: limits } = this.#ports;
    const body = await downloads.get(source, true);
    if (!body.ok) return body;
    const { name, url } = source;
    const opened = await extractor.extract(body.value.bytes, { name, url, integrity, limits, archive: false });
    if (!opened.ok) return opened;
    const unpacked = readPackIndex(opened.value.index)?.unpacked ?? 0;
    this.#tarballs.restore(opened.value, unpacked);
    return ok({ tarball: opened.value.tarball, unpacked });
  }
}

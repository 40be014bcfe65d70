import type { Platform } from "../../src/api/common.ts";
import type { Node } from "../../src/graph/node.ts";
import { type Machine, platformFits } from "../../src/registry/platform.ts";

/** A package that stands in the tree so far. */
export interface PlacedPackage {
  name: string;
  version: string;
  resolved: string;
  integrity: string | null;
}

/** What has changed since the last word: by what the packages' tarballs are. */
export interface PlacedNews {
  added: PlacedPackage[];
  /** Placed earlier, and replaced since. */
  gone: PlacedPackage[];
}

/** Milliseconds between two words. */
const EVERY = 40;

/** Tells, while the engine works, which packages it has placed, so that their tarballs can be on their way. */
export class Announcer {
  readonly #tell: (news: PlacedNews) => void;
  readonly #told = new Map<string, PlacedPackage>();
  #last = Number.NEGATIVE_INFINITY;

  constructor(tell: (news: PlacedNews) => void) {
    this.#tell = tell;
  }

  /** Called again and again. */
  tick(inventory: ReadonlyMap<string, Node>, platform: Platform): void {
    const now = Date.now();
    if (now - this.#last < EVERY) return;
    this.#last = now;
    const { os, cpu, libc } = platform;
    this.#look(inventory, { os, cpu, libc });
  }

  #look(inventory: ReadonlyMap<string, Node>, machine: Machine): void {
    const standing = new Set<string>();
    const added: PlacedPackage[] = [];
    for (const node of inventory.values()) {
      const { resolved, integrity, manifest, name, packageName, version } = node;
      if (node.isLink || !resolved || !/^https?:/.test(resolved) || !platformFits(manifest, machine)) continue;
      const key = integrity ?? resolved;
      standing.add(key);
      if (this.#told.has(key)) continue;
      const placed: PlacedPackage = { name: packageName ?? name, version, resolved, integrity };
      this.#told.set(key, placed);
      added.push(placed);
    }
    const gone = [...this.#told].filter(([key]) => !standing.has(key));
    for (const [key] of gone) this.#told.delete(key);
    if (added.length + gone.length > 0) this.#tell({ added, gone: gone.map(([, placed]) => placed) });
  }
}

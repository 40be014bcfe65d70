import type { Platform } from "../../src/api/common.ts";
import type { Node } from "../../src/graph/node.ts";
import { type Machine, platformFits } from "../../src/registry/platform.ts";

/** A package that the engine has placed so far. */
export interface PlacedPackage {
  name: string;
  version: string;
  resolved: string;
  integrity: string | null;
}

/** The changes since the last report. Packages are compared by their tarballs. */
export interface PlacedChanges {
  added: PlacedPackage[];
  /** Packages that were reported as added and have been replaced since. */
  removed: PlacedPackage[];
}

/** Milliseconds between two reports. */
const INTERVAL = 40;

/** Reports, while the engine works, which packages it has placed, so that an install can start to download them. */
export class PlacedReporter {
  readonly #report: (changes: PlacedChanges) => void;
  readonly #reported = new Map<string, PlacedPackage>();
  #last = Number.NEGATIVE_INFINITY;

  constructor(report: (changes: PlacedChanges) => void) {
    this.#report = report;
  }

  /** Called at every step of the engine. Compares the tree with the last report if that is long enough ago. */
  tick(inventory: ReadonlyMap<string, Node>, platform: Platform): void {
    const now = Date.now();
    if (now - this.#last < INTERVAL) return;
    this.#last = now;
    const { os, cpu, libc } = platform;
    this.#compare(inventory, { os, cpu, libc });
  }

  #compare(inventory: ReadonlyMap<string, Node>, machine: Machine): void {
    const standing = new Set<string>();
    const added: PlacedPackage[] = [];
    for (const node of inventory.values()) {
      const { resolved, integrity, manifest, name, packageName, version } = node;
      if (node.isLink || !resolved || !/^https?:/.test(resolved) || !platformFits(manifest, machine)) continue;
      const key = integrity ?? resolved;
      standing.add(key);
      if (this.#reported.has(key)) continue;
      const placed: PlacedPackage = { name: packageName ?? name, version, resolved, integrity };
      this.#reported.set(key, placed);
      added.push(placed);
    }
    const removed = [...this.#reported].filter(([key]) => !standing.has(key));
    for (const [key] of removed) this.#reported.delete(key);
    if (added.length + removed.length > 0) this.#report({ added, removed: removed.map(([, placed]) => placed) });
  }
}

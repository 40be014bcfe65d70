// Loaded on demand: when an import map wraps CommonJS.

import type { InstalledProject } from "../api/install.ts";
import { toBase64 } from "../modules/assets.ts";
import { GraphSession } from "../modules/graph-session.ts";

export interface WrapOptions {
  readonly project: InstalledProject;
  readonly conditions: readonly string[];
  readonly nextTurn: () => Promise<void>;
  readonly signal?: AbortSignal;
}

/**
 * CommonJS files of a project as modules that an import map contains itself, as `data:` URLs.
 *
 * - A file that modules import gets a small module, which runs the file and exports its names.
 * - That module, and CommonJS that requires others, import definitions by keys of the graph (`node_modules/react/index.js#commonjs`).
 *   Each key is an entry of the map, so that every file is in the map once.
 */
export class WrappedModules {
  readonly #session: GraphSession;
  readonly #addresses = new Map<string, string>();

  private constructor(session: GraphSession) {
    this.#session = session;
  }

  /**
   * Reads the modules that some files lead to.
   * @throws InstallError ELIMIT; the error of reading a file; the signal's reason
   */
  static async of(entries: readonly string[], options: WrapOptions): Promise<WrappedModules> {
    const { project, nextTurn, signal } = options;
    const mode = options.conditions.includes("development") ? "development" : "production";
    const session = new GraphSession(
      project,
      {
        entry: entries.map((path) => `./${path}`),
        conditions: options.conditions,
        define: { "process.env.NODE_ENV": JSON.stringify(mode) },
        tsconfig: false,
      },
      { nextTurn },
    );
    await session.graph({}, signal, null);
    return new WrappedModules(session);
  }

  /** Returns the address of a CommonJS file for the modules of a file that imports it; null if it cannot be wrapped. */
  addressFor(path: string, importer: string | null): string | null {
    const isNode = importer !== null && this.#session.isNodeImporter(importer);
    return this.#address(isNode ? `${path}#node` : path);
  }

  /** Returns an entry for each key that the modules so far import. `addressOf` gives the address of a file that is no CommonJS. */
  entries(addressOf: (path: string) => string): [key: string, address: string][] {
    const found = new Map<string, string>();
    const seen = new Set(this.#addresses.keys());
    for (const key of seen) {
      for (const next of this.#session.written(key)?.next ?? []) {
        const path = this.#session.modulePath(next);
        const address = path === null ? this.#address(next) : addressOf(path);
        if (address === null) continue;
        found.set(next, address);
        if (path === null) seen.add(next);
      }
    }
    return [...found];
  }

  #address(key: string): string | null {
    const known = this.#addresses.get(key);
    if (known !== undefined) return known;
    const written = this.#session.written(key);
    if (!written) return null;
    const address = `data:text/javascript;base64,${toBase64(new TextEncoder().encode(written.module.code))}`;
    this.#addresses.set(key, address);
    return address;
  }
}

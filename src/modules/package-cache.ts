import type { ModuleCache } from "../api/modules.ts";
import type { ParsedModule } from "./parsed-module.ts";

/** What the files of one package became, by path in the package. */
type ParsedFiles = ReadonlyMap<string, ParsedModule>;

/** The code that the cache in memory holds at most, in characters. */
const MAX_CHARS = 1 << 26;

/** Keeps the most recent packages in memory. */
class MemoryCache implements ModuleCache {
  readonly #values = new Map<string, { value: unknown; chars: number }>();
  #chars = 0;

  async get(key: string): Promise<unknown> {
    const found = this.#values.get(key);
    if (!found) return undefined;
    this.#values.delete(key);
    this.#values.set(key, found);
    return found.value;
  }

  async set(key: string, value: unknown): Promise<void> {
    const chars =
      value instanceof Map ? [...(value as ParsedFiles).values()].reduce((sum, { code }) => sum + code.length, 0) : 0;
    this.#drop(key);
    this.#values.set(key, { value, chars });
    this.#chars += chars;
    for (const oldest of this.#values.keys()) {
      if (this.#chars <= MAX_CHARS || oldest === key) break;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#chars -= this.#values.get(key)?.chars ?? 0;
    this.#values.delete(key);
  }
}

const memory = new MemoryCache();

/** Reads and collects what the files of packages became. One record for each package, because a graph needs many files of few packages. */
export class PackageCache {
  readonly #port: ModuleCache;
  readonly #loads = new Map<string, Promise<ParsedFiles>>();
  readonly #fresh = new Map<string, Map<string, ParsedModule>>();

  constructor(port: ModuleCache = memory) {
    this.#port = port;
  }

  /** Returns what a file became; undefined if it is not stored. */
  async get(key: string, path: string): Promise<ParsedModule | undefined> {
    let load = this.#loads.get(key);
    if (!load) {
      load = this.#load(key);
      this.#loads.set(key, load);
    }
    return (await load).get(path) ?? this.#fresh.get(key)?.get(path);
  }

  add(key: string, path: string, parsed: ParsedModule): void {
    const files = this.#fresh.get(key) ?? new Map<string, ParsedModule>();
    this.#fresh.set(key, files.set(path, parsed));
  }

  /** Stores everything that was added. A cache that fails only costs time at the next visit. */
  async store(): Promise<void> {
    const fresh = [...this.#fresh];
    this.#fresh.clear();
    await Promise.all(
      fresh.map(async ([key, files]) => {
        const all: ParsedFiles = new Map([...((await this.#loads.get(key)) ?? []), ...files]);
        this.#loads.set(key, Promise.resolve(all));
        await this.#port.set(key, all).catch(() => {});
      }),
    );
  }

  async #load(key: string): Promise<ParsedFiles> {
    try {
      const stored = await this.#port.get(key);
      return stored instanceof Map ? (stored as ParsedFiles) : new Map();
    } catch {
      return new Map();
    }
  }
}

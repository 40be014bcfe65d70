import type { FileSink, SinkLink } from "../../src/api/sink.ts";
import { createFsSink } from "../../src/sink/fs-sink.ts";
import { createMapSink } from "../../src/sink/map-sink.ts";
import type { SinkFs } from "../../src/sink/sink-fs.ts";
import { createTarSink } from "../../src/sink/tar-sink.ts";
import { createTreeSink } from "../../src/sink/tree-sink.ts";
import { createZipSink } from "../../src/sink/zip-sink.ts";
import { createOpfsSink } from "../../web/sinks/opfs-sink.ts";
import { fakeFolder, type Store, showStore } from "../sink/fake-opfs.ts";
import { memPromises, showFolder, showTree } from "../sink/places.ts";
import { Injected, type Injector } from "./injector.ts";

type Listing = Record<string, string>;

/** A place that outlives the sinks that write to it, as a disk outlives a page. */
export interface FaultyPlace {
  /** Makes a sink whose calls may fail. */
  sink(injector: Injector): FileSink;
  /** Lists the files, without the work of an interrupted change. Empty for a place that keeps nothing. */
  show(): Promise<Listing>;
  /** Whether an earlier tree stays in the place. */
  keeps: boolean;
}

export type PlaceName = "fs" | "opfs" | "opfs in a worker" | "map" | "tree" | "zip" | "tar" | "custom";

export const PLACES: Readonly<Record<PlaceName, () => FaultyPlace>> = {
  fs: fsPlace,
  opfs: () => opfsPlace(false),
  "opfs in a worker": () => opfsPlace(true),
  map: mapPlace,
  tree: treePlace,
  zip: () => streamPlace(() => createZipSink()),
  tar: () => streamPlace(() => createTarSink()),
  custom: customPlace,
};

function withoutWork(listing: Listing): Listing {
  const own = ([path]: [string, string]): boolean => !path.startsWith(".webhoist-install") && path !== "package.json";
  return Object.fromEntries(Object.entries(listing).filter(own));
}

/** Finishes or undoes an interrupted change, as the next install does. */
async function finishChange(sink: FileSink): Promise<void> {
  await (await sink.open()).abort();
}

function fsPlace(): FaultyPlace {
  const disk = memPromises();
  const half = (data: Uint8Array | string): Uint8Array | string => data.slice(0, data.length >> 1);
  return {
    keeps: true,
    sink(injector) {
      const fs = new Proxy(disk as unknown as SinkFs, {
        get(target, name: keyof SinkFs) {
          const method = target[name] as (...args: unknown[]) => Promise<unknown>;
          return (...args: unknown[]) => {
            const real = (): Promise<unknown> => method(...args);
            const [path, data] = args as [string, Uint8Array | string];
            // The effect of a call that was cut off: half of a file, or all of another change.
            const torn = async (): Promise<never> => {
              if (name === "writeFile") await target.writeFile(path, half(data));
              else if (name === "rename" || name === "mkdir" || name === "link") await real();
              throw new Injected("partial");
            };
            return injector.call(`fs.${name}`, real, { partial: torn });
          };
        },
      });
      return createFsSink(fs, "/project");
    },
    show: async () => {
      await finishChange(createFsSink(disk as unknown as SinkFs, "/project"));
      const all = withoutWork(await showFolder(disk, "/project"));
      return Object.fromEntries(Object.entries(all).filter(([path]) => path !== "node_modules/"));
    },
  };
}

function opfsPlace(isWorker: boolean): FaultyPlace {
  const store: Store = new Map();
  return {
    keeps: true,
    sink: (injector) => createOpfsSink(faultyHandle(fakeFolder(store, { moves: !isWorker }), { injector, isWorker })),
    show: async () => {
      await finishChange(createOpfsSink(fakeFolder(store, { moves: true })));
      return withoutWork(showStore(store));
    },
  };
}

interface HandleFaults {
  injector: Injector;
  isWorker: boolean;
}

type Methods = Record<string | symbol, unknown>;

/** Wraps a handle, and all handles and writers that its calls return. */
function faultyHandle<T extends object>(handle: T, faults: HandleFaults): T {
  const { injector, isWorker } = faults;
  return new Proxy(handle, {
    get(target: Methods, name) {
      if (isWorker && name === "createSyncAccessHandle" && target["kind"] === "file")
        return () => injector.call("opfs.createSyncAccessHandle", async () => accessHandle(target, injector));
      const value = target[name];
      if (typeof value !== "function") return value;
      if (name === "entries") return () => faultyEntries(target, injector);
      return (...args: unknown[]) => {
        const real = async (): Promise<unknown> => wrapped(await value.apply(target, args), faults);
        const torn = async (): Promise<never> => {
          if (name === "write") await value.call(target, halfOf(args[0]));
          else await value.apply(target, args);
          throw new Injected("partial");
        };
        return injector.call(`opfs.${String(name)}`, real, { partial: torn });
      };
    },
  } as ProxyHandler<T & Methods>) as T;
}

const halfOf = (data: unknown): unknown => (data instanceof Uint8Array ? data.slice(0, data.length >> 1) : data);

function wrapped(value: unknown, faults: HandleFaults): unknown {
  return typeof value === "object" && value !== null && !(value instanceof ArrayBuffer)
    ? faultyHandle(value, faults)
    : value;
}

async function* faultyEntries(target: Methods, injector: Injector): AsyncGenerator<unknown> {
  await injector.call("opfs.entries", async () => {});
  yield* (target["entries"] as () => AsyncGenerator<unknown>).call(target);
}

/** A synchronous access handle, whose `write` may be short. */
function accessHandle(target: Methods, injector: Injector): object {
  let content = new Uint8Array(0);
  const put = async (): Promise<void> => {
    const writable = await (target["createWritable"] as () => Promise<FileSystemWritableFileStream>).call(target);
    await writable.write(content);
    await writable.close();
  };
  const sync = (name: string): boolean => {
    const kind = injector.next(`opfs.sync ${name}`);
    // A synchronous call cannot stay pending.
    if (kind && kind !== "partial" && kind !== "never") throw new Injected(kind);
    return kind === "partial";
  };
  return {
    truncate(size: number) {
      sync("truncate");
      content = content.slice(0, size);
    },
    write(bytes: Uint8Array): number {
      content = sync("write") ? bytes.slice(0, bytes.length >> 1) : bytes.slice();
      void put();
      return content.length;
    },
    close() {
      sync("close");
    },
  };
}

function mapPlace(): FaultyPlace {
  const map = new Map<string, Uint8Array | SinkLink>();
  return {
    keeps: true,
    sink: () => createMapSink(map),
    async show() {
      const texts = [...map].map(
        ([path, entry]) =>
          [path, entry instanceof Uint8Array ? new TextDecoder().decode(entry) : `-> ${entry.to}`] as const,
      );
      return Object.fromEntries(texts);
    },
  };
}

function treePlace(): FaultyPlace {
  const sink = createTreeSink({});
  return { keeps: true, sink: () => sink, show: async () => showTree(sink.tree) };
}

/** An archive whose reader may fail. Each install makes a new archive. */
function streamPlace(create: () => ReturnType<typeof createZipSink>): FaultyPlace {
  return {
    keeps: false,
    sink(injector) {
      const sink = create();
      const reader = sink.stream.getReader();
      const read = async (): Promise<void> => {
        for (;;) {
          const kind = injector.next("archive.read");
          // The reader may pause for as long as it likes.
          if (kind === "never") continue;
          if (kind) return await reader.cancel(new Injected(kind));
          if ((await reader.read()).done) return;
        }
      };
      read().catch(() => {});
      return sink;
    },
    show: async () => ({}),
  };
}

/** A sink of the embedder's own, without the library's checks: a Map with whole-session commits. */
function customPlace(): FaultyPlace {
  const held = new Map<string, string>();
  let files = new Map<string, string>();
  return {
    keeps: true,
    sink: (injector) => ({
      open: () =>
        injector.call("custom.open", async () => {
          const next = new Map<string, string>();
          return {
            held: new Map(held),
            begin: (keep) =>
              injector.call("custom.begin", async () => {
                for (const [path, text] of files)
                  for (const at of keep)
                    if (path.startsWith(`${at}/`) && !path.includes("/.bin/")) next.set(path, text);
              }),
            write: (location, given) =>
              injector.call("custom.write", async () => {
                for (const { path, bytes } of given) next.set(`${location}/${path}`, new TextDecoder().decode(bytes));
              }),
            commit: ({ packages, links }) =>
              injector.call("custom.commit", async () => {
                for (const { path, to } of links) next.set(path, `-> ${to}`);
                files = next;
                held.clear();
                for (const [at, sri] of packages) held.set(at, sri);
              }),
            abort: () => injector.call("custom.abort", async () => {}),
          };
        }),
    }),
    show: async () => Object.fromEntries(files),
  };
}

import type { Installer } from "../../src/api/resolve.ts";
import type { FileSink, SinkLink } from "../../src/api/sink.ts";
import { createInstaller, InstallError } from "../../web/index.ts";
import { createOpfsSink, createTreeSink, type TreeSink } from "../../web/sinks.ts";
import { noise } from "../tarball/bad-tarballs.ts";
import { type Listing, listFolder, listMap, listProject, listTree } from "./listing.ts";
import { lockEntry, lockOf, type TestPackage, testPackage } from "./packages.ts";
import type { RealMode } from "./stage.ts";

// Runs in a page: an install that is interrupted.

/** The packages of the update. One of them moves. */
function fieldsOf(i: number): Record<string, unknown> {
  if (i === 1) return { dependencies: { moves: "1.0.0" } };
  return i % 3 === 0 ? { bin: "cli.js" } : {};
}

/** The locks before and after an update: packages stay, go and come, one moves, and one changes its version. */
const made = (count: number, from: number): TestPackage[] =>
  Array.from({ length: count }, (_, i) => {
    const text = { [`lib/${i}.js`]: `exports.x = ${i};\n`.repeat(20 * (i + 1)) };
    const large = i % 4 === 0 ? { "noise.bin": noise(60_000 + 40_000 * i) } : {};
    return testPackage(`p${from + i}@1.0.0`, fieldsOf(from + i), {
      ...text,
      ...large,
      "cli.js": "#!/bin/sh\n",
    });
  });

const SHARED = made(5, 0);
const GONE = made(3, 5);
const COME = made(6, 8);
const [FIRST, SECOND] = ["1.0.0", "2.0.0"].map((version) =>
  testPackage(`changes@${version}`, {}, { "v.js": version.repeat(999) }),
);
const MOVED = testPackage("moves@1.0.0", {}, { "m.js": "moved" });
const INSTEAD = testPackage("moves@2.0.0", {}, { "m.js": "another" });

export const ALL: readonly TestPackage[] = [
  ...SHARED,
  ...GONE,
  ...COME,
  FIRST,
  SECOND,
  MOVED,
  INSTEAD,
] as TestPackage[];

function lockAt(packages: readonly TestPackage[], registry: string, more: Record<string, TestPackage>): string {
  const entries = packages.map((one) => [`node_modules/${one.name}`, lockEntry(one, registry)] as const);
  const others = Object.entries(more).map(([at, one]) => [at, lockEntry(one, registry)] as const);
  return lockOf(Object.fromEntries([...entries, ...others].sort(([a], [b]) => (a < b ? -1 : 1))));
}

export function locksOf(registry: string): { nothing: string; old: string; new: string } {
  return {
    nothing: lockOf({}),
    old: lockAt([...SHARED, ...GONE, FIRST as TestPackage], registry, { "node_modules/moves": MOVED }),
    new: lockAt([...SHARED, ...COME, SECOND as TestPackage, INSTEAD], registry, {
      "node_modules/p1/node_modules/moves": MOVED,
    }),
  };
}

export type SinkKind = "none" | "map" | "tree" | "opfs";
export type PageWay = "signal" | "dispose" | "terminate extract" | "terminate engine";

export interface Scene {
  mode: RealMode;
  registry: string;
  sink: SinkKind;
  from: "nothing" | "old";
  /** Whether the cache has the packages. */
  warm: boolean;
  /** Whether to install a project that is resolved first, or a lock. */
  resolve: boolean;
}

/** `pending`, `done`, or the code of the failure. */
let fate = "";
let installer: Installer;
let stop: AbortController;
let sink: FileSink | Map<string, Uint8Array | SinkLink> | undefined;

async function sinkOf(kind: SinkKind): Promise<typeof sink> {
  if (kind === "map") return new Map();
  if (kind === "tree") return createTreeSink();
  if (kind === "opfs") return createOpfsSink(await navigator.storage.getDirectory());
  return undefined;
}

async function listSink(): Promise<Listing> {
  if (!sink) return {};
  if (sink instanceof Map) return await listMap(sink);
  if ("tree" in sink) return await listTree((sink as TreeSink).tree);
  // The next `open` finishes or undoes an interrupted change.
  await (await sink.open()).abort();
  return await listFolder(await navigator.storage.getDirectory());
}

async function create({ mode, registry }: Scene): Promise<void> {
  installer = await createInstaller({ mode, registry, workerUrl: "/worker.js" });
}

async function ended(): Promise<void> {
  const since = performance.now();
  while (fate === "pending") {
    if (performance.now() - since > 20_000) throw new Error("It stays pending");
    await new Promise((done) => setTimeout(done, 2));
  }
}

export const kills = {
  /** Prepares cache and sink for the update. Returns the content of the sink. */
  async prepare(scene: Scene): Promise<Listing> {
    await create(scene);
    const locks = locksOf(scene.registry);
    if (scene.warm) await (await installer.install(locks.new)).stored;
    sink = await sinkOf(scene.sink);
    const project = await installer.install(locks[scene.from], sink ? { sink } : {});
    await project.stored;
    project.dispose();
    return await listSink();
  },
  begin({ registry, resolve }: Scene): void {
    stop = new AbortController();
    fate = "pending";
    const lock = locksOf(registry).new;
    const input = resolve ? { files: { "package.json": projectOf(lock), "package-lock.json": lock } } : lock;
    const options = { signal: stop.signal, ...(sink && { sink }) };
    const follow = async (): Promise<string> => {
      try {
        (await installer.install(input, options)).dispose();
        return "done";
      } catch (error) {
        const { name } = error as Error;
        return error instanceof InstallError ? error.code : name;
      }
    };
    void follow().then((is) => {
      fate = is;
    });
  },
  /** Starts the update, and interrupts it after some milliseconds. Returns the result of the install and its duration. */
  async kill(given: {
    scene: Scene;
    way: PageWay | "nothing";
    after: number;
  }): Promise<{ fate: string; length: number }> {
    const { scene, way, after } = given;
    const since = performance.now();
    kills.begin(scene);
    await new Promise((done) => setTimeout(done, after));
    if (way === "signal") stop.abort();
    else if (way === "dispose") installer.dispose();
    else if (way !== "nothing") {
      const workers = (globalThis as unknown as { spawned: Map<string, Worker> }).spawned;
      workers.get(way.slice("terminate ".length))?.terminate();
    }
    await ended();
    return { fate, length: performance.now() - since };
  },
  ended,
  fate: (): string => fate,
  /** Reads the sink after the page was left. */
  async back(scene: Scene): Promise<void> {
    sink = await sinkOf(scene.sink);
    await create(scene);
  },
  listSink,
  /** Repeats the update, with the same installer unless it is gone. */
  async again(scene: Scene, fresh: boolean): Promise<{ project: Listing; sink: Listing; warnings: string[] }> {
    if (fresh) await create(scene);
    const project = await installer.install(locksOf(scene.registry).new, sink ? { sink } : {});
    const listing = await listProject(project);
    await project.stored;
    const warnings = project.report.warnings.map(({ code }) => code);
    return { project: listing, sink: await listSink(), warnings };
  },
  dispose: (): void => installer.dispose(),
};

export function projectOf(lock: string): string {
  const { packages } = JSON.parse(lock) as { packages: Record<string, Record<string, unknown>> };
  const { name, version, dependencies } = packages[""] ?? {};
  return JSON.stringify({ name, version, dependencies });
}

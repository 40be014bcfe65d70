// The page under test: bundled and served by the harness, it defines the global `bench`. Nothing of it runs while the clock does, except the measured work.

import type { InstalledProject } from "../../src/api/install.ts";
import type { Installer, InstallerOptions, Resolution, StoreUsage } from "../../src/api/resolve.ts";
import type {
  BenchPage,
  FileSample,
  FloorJob,
  FloorPool,
  InstalledDetails,
  InstallerSettings,
  InstallJob,
  PageDetails,
  PageJob,
  PageTimes,
  ResolveJob,
} from "./harness/page-protocol.ts";
import type { FeedIndex } from "./harness/registry-protocol.ts";
import { MARKS } from "./harness/trace.ts";

type Read = readonly [path: string, bytes: Uint8Array];

interface Library {
  createInstaller(options: InstallerOptions): Promise<Installer>;
}

const sleep = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds));

/** Milliseconds of rest before the clock starts, and after it stops until the last task is reported. */
const QUIET = 150;
/** Milliseconds between two readings of the store, and the number of equal readings after which it is taken to be written. */
const LOOK = 100;
const SAME = 2;
const LOOKS = 150;

const longTasks: PerformanceEntry[] = [];
new PerformanceObserver((list) => longTasks.push(...list.getEntries())).observe({ type: "longtask", buffered: true });

let job: PageJob;
let library: Library;
let respond: typeof fetch | undefined;
let installer: Installer | undefined;
let resolution: Resolution | null | undefined;
let project: InstalledProject | undefined;
/** Milliseconds of an install until everything was stored, and of reading the sample. */
let storedMs = 0;
let readMs = 0;
let read: Read[] = [];
let floorBytes = 0;
let from = 0;
let to = 0;

/** A `fetch` that answers from one array of bytes. */
async function memoryFetch(index: FeedIndex): Promise<typeof fetch> {
  const bytes = new Uint8Array(await (await fetch("/feed")).arrayBuffer());
  return async (input) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    const found = index[pathname];
    if (!found) return Response.json({ error: "Not found" }, { status: 404 });
    const headers = { "content-type": found.type, etag: found.etag };
    return new Response(bytes.subarray(found.at, found.at + found.length), { headers });
  };
}

/** Passes on settings that this version of the library may not know. */
function create(settings: InstallerSettings): Promise<Installer> {
  return library.createInstaller({
    ...settings,
    ...(respond && { fetch: respond, storeName: "" }),
  } as InstallerOptions);
}

async function resolve({ installer: settings, project, options }: ResolveJob): Promise<PageTimes> {
  const start = performance.now();
  installer = await create(settings);
  const ready = performance.now();
  resolution = await installer.resolve(project, options);
  return { create: ready - start, run: performance.now() - ready };
}

async function install({ installer: settings, input, options, sample, until }: InstallJob): Promise<PageTimes> {
  const start = performance.now();
  installer = await create(settings);
  const ready = performance.now();
  project = await installer.install(input, { resolve: options });
  void project.stored.then(() => {
    storedMs = performance.now() - ready;
  });
  if (until === "read") {
    project.paths();
    await readSample(project, sample);
  }
  const end = performance.now();
  resolution = project.resolution;
  return { create: ready - start, run: end - ready };
}

/** Reads all files at once, as a bundler does. */
async function readSample(from: InstalledProject, sample: FileSample): Promise<void> {
  const start = performance.now();
  const paths = Object.keys(sample);
  read = await Promise.all(paths.map(async (path): Promise<Read> => [path, await from.readFile(path)]));
  readMs = performance.now() - start;
}

/** Returns the number of read files that differ from the tarballs. */
async function wrongOnes(sample: FileSample): Promise<number> {
  const sums = await Promise.all(
    read.map(async ([path, bytes]) => {
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes.slice()));
      return sample[path] === btoa(String.fromCharCode(...digest));
    }),
  );
  return Object.keys(sample).length - sums.filter(Boolean).length;
}

async function installedDetails(): Promise<InstalledDetails | null> {
  if (!project || job.kind !== "install") return null;
  if (read.length === 0) await readSample(project, job.sample);
  const { packages, files, bytes, fetched, stored, skipped, warnings } = project.report;
  const codes = warnings.map(({ code }) => code);
  const counts = { packages, files, bytes, fetched, stored, skipped: skipped.length };
  const wrong = (await wrongOnes(job.sample)) + Math.abs(files - job.files);
  return { ...counts, warnings: codes, storedMs, readMs, wrong };
}

async function floor({ registry, cache, pools }: FloorJob): Promise<PageTimes> {
  const start = performance.now();
  await Promise.all(pools.map((pool) => drain({ ...pool, registry, cache })));
  return { create: 0, run: performance.now() - start };
}

async function drain({
  asks,
  inFlight,
  registry,
  cache,
}: FloorPool & Pick<FloorJob, "registry" | "cache">): Promise<void> {
  const get = respond ?? fetch;
  let next = 0;
  const pull = async (): Promise<void> => {
    for (let ask = asks[next++]; ask; ask = asks[next++]) {
      const response = await get(registry + ask.path.slice(1), { headers: { accept: ask.accept }, cache });
      const { byteLength } = await response.arrayBuffer();
      floorBytes += byteLength;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, pull));
}

const sizeOf = ({ bytes, packBytes }: StoreUsage): number => bytes + packBytes;

function start(given: PageJob): Promise<PageTimes> {
  switch (given.kind) {
    case "resolve":
      return resolve(given);
    case "install":
      return install(given);
    case "floor":
      return floor(given);
    default:
      return given satisfies never;
  }
}

const bench: BenchPage = {
  async prepare(given, feed) {
    job = given;
    if (feed) respond = await memoryFetch(feed);
    // A variable, so that no bundler follows the import.
    const address = "/dist/index.js";
    if (job.kind !== "floor") library = (await import(address)) as Library;
    await sleep(QUIET);
  },
  async run() {
    performance.mark(MARKS.start);
    from = performance.now();
    const times = await start(job);
    to = performance.now();
    performance.mark(MARKS.end);
    return times;
  },
  async stored() {
    await project?.stored;
    // Storing after a run is part of the page's work.
    if (project) to = Math.max(to, performance.now());
  },
  async details(): Promise<PageDetails> {
    await sleep(QUIET);
    const mine = longTasks.filter(({ startTime, duration }) => startTime < to && startTime + duration > from);
    return {
      longTasks: mine.map(({ duration }) => duration),
      mode: installer?.mode ?? null,
      lock: resolution?.files["package-lock.json"] ?? null,
      stats: { ...resolution?.stats },
      bytes: floorBytes,
      installed: await installedDetails(),
    };
  },
  async settled() {
    if (!installer) return null;
    const { store } = installer;
    let last = await store.usage();
    for (let same = 0, looks = 0; same < SAME && looks < LOOKS; looks++) {
      await sleep(LOOK);
      const now = await store.usage();
      same = sizeOf(now) === sizeOf(last) && now.packuments === last.packuments ? same + 1 : 0;
      last = now;
    }
    return last;
  },
  async materialize() {
    if (!project) return null;
    const start = performance.now();
    await project.writeTo(new Map());
    return performance.now() - start;
  },
  dispose() {
    project?.dispose();
    installer?.dispose();
  },
};

Object.assign(globalThis, { bench });

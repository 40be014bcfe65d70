// The page under test: bundled and served by the harness, it offers `bench` to it. Nothing here works while the clock runs.
import type { Installer, InstallerOptions, Resolution } from "../../src/api.ts";
import type {
  BenchPage,
  FloorJob,
  PageDetails,
  PageJob,
  PageTimes,
  ResolveJob,
  StoreUsage,
} from "./harness/page-protocol.ts";
import type { FeedIndex } from "./harness/registry-protocol.ts";
import { MARKS } from "./harness/trace.ts";

interface Library {
  createInstaller(options: InstallerOptions): Promise<Installer>;
}

const sleep = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds));

/** After the page has loaded and before the clock starts, and after it has stopped until its last task is reported. */
const QUIET = 150;
/** Between two looks at the store; and how often it must be found the same. */
const LOOK = 100;
const SAME = 2;
const LOOKS = 150;

const longTasks: PerformanceEntry[] = [];
new PerformanceObserver((list) => longTasks.push(...list.getEntries())).observe({ type: "longtask", buffered: true });

let job: PageJob;
let library: Library;
let respond: typeof fetch | undefined;
let installer: (Installer & { store?: { usage?(): Promise<StoreUsage> } }) | undefined;
let resolution: Resolution | undefined;
let floorBytes = 0;
let from = 0;
let to = 0;

/** Answers from one array of bytes, as fast as the browser can make a `Response`. */
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

async function resolve({ installer: settings, project, options }: ResolveJob): Promise<PageTimes> {
  const start = performance.now();
  // Settings that this version of the library does not know pass through.
  const given = { ...settings, ...(respond && { fetch: respond }) } as InstallerOptions;
  installer = await library.createInstaller(given);
  const ready = performance.now();
  resolution = await installer.resolve(project, options);
  return { create: ready - start, run: performance.now() - ready };
}

async function floor({ registry, asks, inFlight }: FloorJob): Promise<PageTimes> {
  const get = respond ?? fetch;
  let next = 0;
  const pull = async (): Promise<void> => {
    for (let ask = asks[next++]; ask; ask = asks[next++]) {
      const response = await get(registry + ask.path.slice(1), { headers: { accept: ask.accept } });
      const { byteLength } = await response.arrayBuffer();
      floorBytes += byteLength;
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: inFlight }, pull));
  return { create: 0, run: performance.now() - start };
}

const bench: BenchPage = {
  async prepare(given, feed) {
    job = given;
    if (feed) respond = await memoryFetch(feed);
    // An address that no bundler can follow.
    const address = "/dist/index.js";
    if (job.kind === "resolve") library = (await import(address)) as Library;
    await sleep(QUIET);
  },
  async run() {
    performance.mark(MARKS.start);
    from = performance.now();
    const times = await (job.kind === "resolve" ? resolve(job) : floor(job));
    to = performance.now();
    performance.mark(MARKS.end);
    return times;
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
    };
  },
  async settled() {
    const { store } = installer ?? {};
    if (!store?.usage) return null;
    let last = await store.usage();
    for (let same = 0, looks = 0; same < SAME && looks < LOOKS; looks++) {
      await sleep(LOOK);
      const now = await store.usage();
      same = now.bytes === last.bytes && now.packuments === last.packuments ? same + 1 : 0;
      last = now;
    }
    return last;
  },
  dispose: () => installer?.dispose(),
};

Object.assign(globalThis, { bench });

import { vi } from "vitest";
import type { InstallOptions } from "../../src/api/install.ts";
import { InstallError } from "../../src/errors/failure.ts";
import type { Installer } from "../../web/index.ts";
import { type Listing, listProject } from "../install/listing.ts";
import { Injector, type Kind } from "./injector.ts";
import { faultyFetch } from "./network.ts";
import { type FaultyPlace, PLACES, type PlaceName } from "./places.ts";
import { AFTER, BEFORE, OPTIONAL, projectRegistry } from "./project.ts";
import { inWorld, Origin } from "./world.ts";

// Time limits count in hundredths, so that a call that never settles ends soon.
vi.mock("../../workers/host/platform-tools.ts", async (original) => {
  const actual = await original<typeof import("../../workers/host/platform-tools.ts")>();
  const after = (milliseconds: number, run: () => void): (() => void) =>
    actual.PLATFORM_TOOLS.after(milliseconds / 100, run);
  return { ...actual, PLATFORM_TOOLS: { ...actual.PLATFORM_TOOLS, after } };
});
vi.mock("../../src/base/backoff.ts", async (original) => ({ ...(await original<object>()), backoff: () => 1 }));
vi.mock("../../workers/storage/idb-blobs.ts", async () => {
  const { createFaultyStore } = await import("./world.ts");
  return { createIdbStore: createFaultyStore };
});

/** The parts of the outside world that can fail. */
export type Part = "storage" | "network" | "sink";

export interface Walk {
  part: Part;
  place: PlaceName;
  retries: number;
}

/** Codes that tell of a fault of the library's own, and so never come from one of the outside world. */
const OWN_FAULTS: ReadonlySet<string> = new Set(["EINTERNAL", "EUNREGISTERED", "EABORTED", "EDISPOSED", "ENPMCRASH"]);

/** Milliseconds, for runs in which a call never settles. */
const SINK_TIMEOUT = 200;

/** Milliseconds after which a run that has not ended hangs. */
const HANG = 20_000;

async function ended<T>(what: string, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hang = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} hangs`)), HANG);
  });
  try {
    return await Promise.race([work, hang]);
  } finally {
    clearTimeout(timer);
  }
}

/** Returns the value, or the code of a failure. @throws an error without a code, or one that tells of a fault of the library */
async function outcomeOf<T>(what: string, work: Promise<T>): Promise<T | string> {
  try {
    return await ended(what, work);
  } catch (error) {
    if (!(error instanceof InstallError)) throw error;
    if (OWN_FAULTS.has(error.code)) {
      throw new Error(`${what}: ${error.code} ${error.message} ${String(error.failure.details?.["stack"] ?? "")}`);
    }
    return error.code;
  }
}

/** The answers of one run. A text is the code of a failure. */
export interface Answers {
  /** Null if the run resolves only as a part of the install. */
  lock: string | { text: string } | null;
  files: string | Listing;
  warnings: readonly string[];
}

export interface RunOptions {
  origin: Origin;
  place: FaultyPlace;
  /** Injects into storage, network and sink. Each part has its own, so that positions of one part do not depend on the others. */
  injectors: Readonly<Record<Part, Injector>>;
  files: Record<string, string>;
  retries: number;
  cache?: "offline";
  sinkTimeout?: number;
  /** Whether to resolve the project before it is installed too. */
  resolves: boolean;
  /** A package that the registry does not have. */
  missing?: string;
}

/** Resolves and installs a project as a page does, from the start of an installer to its end. */
async function run(options: RunOptions): Promise<Answers> {
  const { origin, place, injectors, files, retries, cache, missing, sinkTimeout, resolves } = options;
  const registry = projectRegistry(missing);
  return await inWorld({ origin, injector: injectors.storage }, async () => {
    const { createInstaller } = await import("../../web/index.ts");
    const installer: Installer = await createInstaller({
      mode: "inline",
      registry: registry.url,
      fetch: faultyFetch(registry.fetch, injectors.network),
      timeout: 60,
      minRate: 0,
      // An installer with `fetch` has a store of its own unless it names one.
      storeName: "",
      retries,
      ...(cache && { cache }),
    });
    try {
      const sink = place.sink(injectors.sink);
      const lock = resolves ? await resolveTo(installer, files) : { lock: null, warnings: [] };
      return await installTo(installer, files, { sink, ...(sinkTimeout && { sinkTimeout }) }, lock);
    } finally {
      installer.dispose();
      origin.leave();
    }
  });
}

type Resolved = Pick<Answers, "lock" | "warnings">;

async function resolveTo(installer: Installer, files: Record<string, string>): Promise<Resolved> {
  const resolved = await outcomeOf("resolve", installer.resolve({ files }));
  if (typeof resolved === "string") return { lock: resolved, warnings: [] };
  const text = resolved.files["package-lock.json"] ?? "";
  return { lock: { text }, warnings: resolved.warnings.map(({ code }) => code) };
}

async function installTo(
  installer: Installer,
  files: Record<string, string>,
  options: InstallOptions,
  { lock, warnings: before }: Resolved,
): Promise<Answers> {
  const warnings = [...before];
  const installed = await outcomeOf("install", installer.install({ files }, options));
  if (typeof installed === "string") return { lock, files: installed, warnings };
  const listing = await outcomeOf("read", listProject(installed));
  await ended("stored", installed.stored);
  warnings.push(...installed.report.warnings.map(({ code }) => code));
  await outcomeOf("usage", installer.store.usage());
  installed.dispose();
  return { lock, files: listing, warnings };
}

/** The right answers, without faults. `without`: the update without its optional package, which a fault may leave out. */
interface Right {
  before: Answers & { shown: Listing };
  after: Answers & { shown: Listing };
  without: Answers & { shown: Listing };
}

const quiet = (): Readonly<Record<Part, Injector>> => ({
  storage: new Injector(),
  network: new Injector(),
  sink: new Injector(),
});

async function rightAnswers({ place: name, part, retries }: Walk): Promise<Right> {
  const right = async (files: Record<string, string>, missing?: string): Promise<Answers & { shown: Listing }> => {
    const place = PLACES[name]();
    const more = missing === undefined ? {} : { missing };
    const resolves = part !== "sink";
    const answers = await run({ origin: new Origin(), place, injectors: quiet(), files, retries, resolves, ...more });
    return { ...answers, shown: await place.show() };
  };
  return { before: await right(BEFORE), after: await right(AFTER), without: await right(AFTER, OPTIONAL) };
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}

export interface Walked {
  /** The calls of the part in a run without faults. */
  calls: number;
  /** Runs in which a call failed. */
  faults: number;
  /** By what became of the run: `right`, `without the optional package`, or a code. */
  results: Map<string, number>;
  wrong: string[];
}

interface Prepared {
  origin: Origin;
  place: FaultyPlace;
}

/** The stores that a walk of sinks begins with. They have every package, so that only the sink has work to do. */
async function warmOrigin({ retries }: Walk): Promise<Origin> {
  const origin = new Origin();
  const options = { origin, injectors: quiet(), retries, resolves: false };
  for (const files of [BEFORE, AFTER]) await run({ ...options, place: PLACES.map(), files });
  return origin;
}

/** Makes the earlier tree, and the stores of a first visit or copies of warm ones. */
async function prepare({ place: name, retries }: Walk, warm: Origin | undefined): Promise<Prepared> {
  const prepared = { origin: (await warm?.copy()) ?? new Origin(), place: PLACES[name]() };
  await run({ ...prepared, injectors: quiet(), files: BEFORE, retries, resolves: false });
  return prepared;
}

/** Runs without faults, of which the one with the fewest calls counts. */
const DRY_RUNS = 5;

/** Runs in which a call may be missing, because the order of some calls depends on timing. */
const TRIES = 20;

/** Runs at the same time. A call that never settles costs time and no work. */
const AT_ONCE = 8;

/**
 * Lets every call of one part fail once, at each position in turn, with each of `kinds`.
 *
 * 1. Counts the calls of updates without faults.
 * 2. For each position and kind: makes the earlier tree, and updates it while that call fails. The answer must be right or have a
 *    code, and the place must hold the earlier tree or the new one.
 * 3. Runs again without faults: the answer must be right, and the place whole.
 * 4. Unless the part is a sink, runs once more without the network, which shows that the stores are whole.
 */
export async function walk(given: Walk, kindsAt: (position: number) => readonly Kind[]): Promise<Walked> {
  const right = await rightAnswers(given);
  const warm = given.part === "sink" ? await warmOrigin(given) : undefined;
  const resolves = given.part !== "sink";
  let calls: readonly string[] | undefined;
  // The last call of some runs is missing in others.
  for (let dry = 0; dry < DRY_RUNS; dry++) {
    const counting = quiet();
    const prepared = await prepare(given, warm);
    await run({ ...prepared, injectors: counting, files: AFTER, retries: given.retries, resolves });
    const found = counting[given.part].calls;
    if (!calls || found.length < calls.length) calls = found;
  }
  calls ??= [];
  const walked: Walked = { calls: calls.length, faults: 0, results: new Map(), wrong: [] };
  const todo = calls.flatMap((call, at) => kindsAt(at).map((kind) => ({ call, at, kind })));
  const next = todo.values();
  const work = async (): Promise<void> => {
    for (const { call, at, kind } of next) {
      try {
        let result: string | undefined;
        for (let tries = 0; result === undefined && tries < TRIES; tries++) {
          result = await failOnce(given, { at, kind, right, warm });
        }
        if (result === undefined) throw new Error("the call did not come");
        walked.results.set(result, (walked.results.get(result) ?? 0) + 1);
        walked.faults++;
      } catch (error) {
        walked.wrong.push(`${given.part} ${at} (${call}) ${kind}: ${error instanceof Error ? error.message : error}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return walked;
}

/** Returns what became of the run, or undefined if it made too few calls to reach the fault. */
async function failOnce(
  given: Walk,
  fault: { at: number; kind: Kind; right: Right; warm: Origin | undefined },
): Promise<string | undefined> {
  const { at, kind, right, warm } = fault;
  const prepared = await prepare(given, warm);
  const injector = new Injector(at, kind);
  const injectors = { ...quiet(), [given.part]: injector };
  const { retries } = given;
  const resolves = given.part !== "sink";
  const limit = kind === "never" ? { sinkTimeout: SINK_TIMEOUT } : {};
  const answers = await run({ ...prepared, injectors, files: AFTER, retries, resolves, ...limit });
  const result = judge(answers, right);
  await checkPlace(prepared.place, right, typeof answers.files === "string");
  for (const [what, cache] of [["the next run"], ["a run without the network", "offline"]] as const) {
    if (cache && !resolves) break;
    const more = { ...(cache && { cache }), resolves };
    const again = await run({ ...prepared, injectors: quiet(), files: AFTER, retries, ...more });
    if (!same(again.lock, right.after.lock)) throw new Error(`${what} resolves to ${JSON.stringify(again.lock)}`);
    if (!same(again.files, right.after.files)) throw new Error(`${what} installs ${JSON.stringify(again.files)}`);
    if (again.warnings.length > 0) throw new Error(`${what} warns of ${again.warnings}`);
    const shown = await prepared.place.show();
    if (prepared.place.keeps && !same(shown, right.after.shown))
      throw new Error(`${what} leaves ${Object.keys(shown)}`);
  }
  return injector.happened ? result : undefined;
}

/** Returns what became of a run. @throws Error for a wrong answer */
function judge({ lock, files }: Answers, { after, without }: Right): string {
  const results: string[] = [];
  for (const [what, answer, ok, less] of [
    ["resolve", lock, after.lock, without.lock],
    ["install", files, after.files, without.files],
  ] as const) {
    if (answer === null) continue;
    if (typeof answer === "string") results.push(`${what} ${answer}`);
    else if (same(answer, less)) results.push(`${what} without the optional package`);
    else if (!same(answer, ok)) throw new Error(`wrong answer to ${what}: ${JSON.stringify(answer)}`);
  }
  return results.join(", ") || "right";
}

/** Checks that a place holds the earlier tree or a new one. */
async function checkPlace(place: FaultyPlace, { before, after, without }: Right, failed: boolean): Promise<void> {
  if (!place.keeps) return;
  const shown = await place.show();
  const allowed = failed ? [before, after, without] : [after, without];
  if (!allowed.some((one) => same(shown, one.shown))) {
    throw new Error(`the place holds half a tree: ${Object.keys(shown)}`);
  }
}

import { ALL, type PageWay, type Scene, type SinkKind } from "./kill-page.ts";
import { differences, type Listing, plain } from "./listing.ts";
import type { PageCall, RealMode } from "./stage.ts";
import type { TestRegistry } from "./test-registry.ts";

/** `browser`: all processes of the browser are killed, and another one is started over the same profile. */
export type Way = PageWay | "reload" | "quota" | "browser";

/** A page in which installs are killed. */
export interface KillTab extends AsyncDisposable {
  call: PageCall;
  /** Leaves the page, and opens it again. */
  reload(): Promise<void>;
  /** Sets how many bytes the page may store, or restores the default. */
  limitStorage?(bytes?: number): Promise<void>;
  /** The number of running workers, if the driver of the browser knows it. */
  workers?(): number;
  /** The timers with which the driver of the browser limits its calls. */
  driversTimers?: number;
}

/** A page of a browser that can be killed. */
export interface LastingTab extends KillTab {
  /** Kills all processes of the browser, starts it again over the same profile, and opens the page again. */
  restart(): Promise<void>;
}

export interface KillStage {
  testRegistry(): TestRegistry;
  /** Opens a page of the stage's browser. */
  tab(options: { isolated: boolean }): Promise<KillTab>;
  /** Opens a page of a browser of its own. */
  lastingTab(options: { isolated: boolean }): Promise<LastingTab>;
}

export interface Kill {
  scene: Omit<Scene, "registry">;
  way: Way;
  /** The moment of the kill, as a part of the time of an undisturbed install into memory. */
  at: number;
}

export const WAYS: readonly Way[] = [
  "signal",
  "dispose",
  "terminate extract",
  "terminate engine",
  "reload",
  "quota",
  "browser",
];

/** Whether the page ends, with everything that it has in memory. */
const endsPage = (way: Way): boolean => way === "reload" || way === "browser";
const SINKS: readonly SinkKind[] = ["none", "map", "tree", "opfs"];

/** The ways and sinks that a browser has. */
interface Possible {
  ways: readonly Way[];
  sinks?: readonly SinkKind[];
}

/** Returns a generator of pseudo-random numbers from 0 to 1. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Chooses a random kill for a mode. */
export function drawKill(mode: RealMode, draw: () => number, { ways, sinks = SINKS }: Possible): Kill {
  const of = <T>(list: readonly T[]): T => list[Math.floor(draw() * list.length)] as T;
  const way = of(ways.filter((one) => mode !== "inline" || !one.startsWith("terminate")));
  // A Map ends with its page.
  const sink = of(sinks.filter((one) => !endsPage(way) || one === "none" || one === "opfs"));
  const resolve = way === "terminate engine" || draw() < 0.3;
  return {
    scene: { mode, sink, from: of(["nothing", "old"] as const), warm: draw() < 0.25, resolve },
    way,
    // The origin-private file system is slow, and the stores are written after the install.
    at: draw() * (sink === "opfs" ? 2 : way === "browser" ? 1.5 : 1),
  };
}

const sleep = (milliseconds: number): Promise<void> => new Promise((done) => void setTimeout(done, milliseconds));

/** Pages in which installs are killed, one per mode. */
export class Killer {
  readonly #stage: KillStage;
  /** Milliseconds that an undisturbed install takes, by mode. */
  readonly #lengths = new Map<string, number>();
  /** The updated tree, read through the project. */
  #updated: Listing = {};
  /** The number of killed installs by way and result. */
  readonly tally: Record<string, number> = {};

  constructor(stage: KillStage) {
    this.#stage = stage;
  }

  /** Returns the problems that were found. */
  async run({ scene: drawn, way, at }: Kill): Promise<string[]> {
    const testRegistry = this.#stage.testRegistry();
    testRegistry.publish(...ALL);
    const scene: Scene = { ...drawn, registry: testRegistry.url };
    const length = await this.#undisturbed(scene, testRegistry);
    const isolated = scene.mode === "threads";
    const lasting = way === "browser" ? await this.#stage.lastingTab({ isolated }) : undefined;
    await using tab = lasting ?? (await this.#stage.tab({ isolated }));
    const before = await tab.call((bench, scene) => bench.kills.prepare(scene), scene);
    testRegistry.latency = LATENCY;
    const end = way === "reload" ? () => tab.reload() : lasting && (() => lasting.restart());
    const fate = end
      ? await this.#leave(tab, scene, { end, after: at * length })
      : await this.#kill(tab, scene, { way: way as PageWay | "quota", after: at * length });
    this.tally[`${way}: ${fate}`] = (this.tally[`${way}: ${fate}`] ?? 0) + 1;
    const wrong = await this.#check(tab, scene, { before, fate, way });
    return wrong.map(
      (what) => `${JSON.stringify(drawn)} ${way} at ${at.toFixed(3)} of ${Math.round(length)} ms (${fate}): ${what}`,
    );
  }

  async #undisturbed({ mode, registry }: Scene, testRegistry: TestRegistry): Promise<number> {
    const known = this.#lengths.get(mode);
    if (known !== undefined) return known;
    const scene: Scene = { mode, registry, sink: "map", from: "nothing", warm: false, resolve: true };
    await using tab = await this.#stage.tab({ isolated: mode === "threads" });
    await tab.call((bench, scene) => bench.kills.prepare(scene), scene);
    testRegistry.latency = LATENCY;
    const whole = { scene, way: "nothing", after: 0 } as const;
    const { fate, length } = await tab.call((bench, given) => bench.kills.kill(given), whole);
    if (fate !== "done") throw new Error(`An undisturbed install in mode ${mode} ended with ${fate}`);
    const again = await tab.call((bench, scene) => bench.kills.again(scene, false), scene);
    if (Object.keys(again.project).length < 40) throw new Error("The install has too few files for this test");
    this.#updated = again.project;
    this.#lengths.set(mode, length);
    testRegistry.latency = 0;
    return length;
  }

  /** Returns the updated tree as this kind of sink stores it. */
  #updatedIn(sink: SinkKind): Listing {
    if (sink === "none") return {};
    const all = Object.entries(plain(this.#updated));
    return Object.fromEntries(sink === "opfs" ? all.filter(([, what]) => !what.startsWith("->")) : all);
  }

  /** Ends the page in the middle of the install, and opens it again. */
  async #leave(
    tab: KillTab,
    scene: Scene,
    { end, after }: { end: () => Promise<void>; after: number },
  ): Promise<string> {
    await tab.call((bench, scene) => bench.kills.begin(scene), scene);
    await sleep(after);
    await end();
    await tab.call((bench, scene) => bench.kills.back(scene), scene);
    return "left";
  }

  async #kill(tab: KillTab, scene: Scene, { way, after }: { way: PageWay | "quota"; after: number }): Promise<string> {
    if (way !== "quota") {
      return (await tab.call((bench, given) => bench.kills.kill(given), { scene, way, after })).fate;
    }
    await tab.call((bench, scene) => bench.kills.begin(scene), scene);
    await sleep(after);
    await tab.limitStorage?.(1);
    await tab.call((bench) => bench.kills.ended());
    await tab.limitStorage?.();
    return await tab.call((bench) => bench.kills.fate());
  }

  async #check(
    tab: KillTab,
    scene: Scene,
    { before, fate, way }: { before: Listing; fate: string; way: Way },
  ): Promise<string[]> {
    const wrong: string[] = [];
    const right = this.#updatedIn(scene.sink);
    // First the state right after the kill, then the state after the next run.
    if (!endsPage(way) && scene.sink !== "opfs") {
      const now = await tab.call((bench) => bench.kills.listSink());
      const [toBefore, toAfter] = [differences(now, before), differences(now, right)];
      if (fate === "done" && toAfter.length > 0) wrong.push(...toAfter.map((one) => `done, but ${one}`));
      if (toBefore.length > 0 && toAfter.length > 0) wrong.push(`between: ${toBefore.join("; ")}`);
    }
    if (endsPage(way) && scene.sink === "opfs") {
      const now = await tab.call((bench) => bench.kills.listSink());
      const [toBefore, toAfter] = [differences(now, before), differences(now, right)];
      if (toBefore.length > 0 && toAfter.length > 0) wrong.push(`between: ${toBefore.join("; ")}`);
    }
    wrong.push(...(await tab.call((bench) => bench.storeFaults())));
    const fresh = way === "dispose";
    const again = await tab.call(
      (bench, { scene, fresh }) => bench.kills.again(scene, fresh).catch((error) => bench.toFailure(error)),
      { scene, fresh },
    );
    if ("code" in again) return [...wrong, `the next run: ${again.code} ${again.message}`];
    wrong.push(...differences(again.project, this.#updated).map((one) => `the next run's project: ${one}`));
    wrong.push(...differences(again.sink, right).map((one) => `the next run's sink: ${one}`));
    wrong.push(...again.warnings.map((code) => `the next run warns: ${code}`));
    wrong.push(...(await tab.call((bench) => bench.storeFaults())).map((one) => `after the next run ${one}`));
    await tab.call((bench) => bench.kills.dispose());
    return [...wrong, ...(await left(tab))];
  }
}

/** Milliseconds before each answer of the registry. */
const LATENCY = 8;

/** Returns leftovers that should have been removed. */
async function left(tab: KillTab): Promise<string[]> {
  let found: string[] = [];
  for (let time = 0; time < 100; time++) {
    const { timers, fetches, objectUrls, faults } = await tab.call(() => probe());
    const { driversTimers = 0 } = tab;
    const counts = {
      timers: timers - driversTimers,
      fetches,
      objectUrls,
      workers: tab.workers?.() ?? 0,
      faults: faults.length,
    };
    found = Object.entries(counts).flatMap(([what, count]) => (count > 0 ? [`${count} ${what} left: ${faults}`] : []));
    if (found.length === 0) return [];
    await sleep(50);
  }
  return found;
}

declare function probe(): { timers: number; fetches: number; objectUrls: number; faults: string[] };

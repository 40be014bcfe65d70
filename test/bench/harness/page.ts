import type { Browser } from "./browser.ts";
import { profileThreads, type ThreadProfile } from "./thread-profile.ts";
import { longestTask, type TraceEvent } from "./trace.ts";

export interface Usage {
  /** Seconds that the page's thread was in a task, with and without its waits for a core. */
  busy: number;
  cpu: number;
}

export interface Heap {
  usedSize: number;
  totalSize: number;
  /** Bytes of array buffers. */
  backingStorageSize?: number;
}

interface Remote {
  result: { value?: unknown };
  exceptionDetails?: { text: string; exception?: { description?: string } };
}

interface Place {
  url: string;
  targetId: string;
  sessionId: string;
}

/** A tab. */
export class Page {
  readonly #browser: Browser;
  readonly #place: Place;

  private constructor(browser: Browser, place: Place) {
    this.#browser = browser;
    this.#place = place;
  }

  static async load(browser: Browser, place: Place): Promise<Page> {
    const { devtools } = browser;
    const { url, sessionId } = place;
    await devtools.send("Page.enable", {}, sessionId);
    const loaded = devtools.once("Page.loadEventFired", sessionId);
    const { errorText } = await devtools.send<{ errorText?: string }>("Page.navigate", { url }, sessionId);
    if (errorText) throw new Error(`${url}: ${errorText}`);
    await loaded;
    await devtools.send("Page.disable", {}, sessionId);
    await devtools.send("Performance.enable", {}, sessionId);
    return new Page(browser, place);
  }

  /** Returns the awaited value of an expression. @throws Error with the page's stack */
  async evaluate<T>(expression: string): Promise<T> {
    const params = { expression, awaitPromise: true, returnByValue: true };
    const { devtools } = this.#browser;
    const { result, exceptionDetails } = await devtools.send<Remote>("Runtime.evaluate", params, this.#place.sessionId);
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value as T;
  }

  async usage(): Promise<Usage> {
    const metrics = await metricsOf(this.#browser, this.#place.sessionId);
    return { busy: metrics.get("TaskDuration") ?? 0, cpu: metrics.get("ThreadTime") ?? 0 };
  }

  /** Returns the page's longest task between the marks of `run`, in milliseconds. Slows everything, so do not use it in a timed run. */
  async longestTask(run: () => Promise<void>): Promise<number | undefined> {
    return longestTask(await traced(this.#browser, ["toplevel", "blink.user_timing"], run));
  }

  /** Profiles this page and its workers while `run` runs. */
  profile(dist: string, run: () => Promise<void>): Promise<ThreadProfile[]> {
    return profileThreads({ devtools: this.#browser.devtools, sessionId: this.#place.sessionId, dist }, run);
  }

  /** Returns the heap of the page and of each of its workers, in bytes. */
  async heaps(): Promise<Heap[]> {
    const { devtools } = this.#browser;
    const { sessionId } = this.#place;
    const sessions = [sessionId];
    const forget = devtools.on("Target.attachedToTarget", sessionId, (params) => {
      sessions.push((params as { sessionId: string }).sessionId);
    });
    const attach = { waitForDebuggerOnStart: false, flatten: true };
    await devtools.send("Target.setAutoAttach", { autoAttach: true, ...attach }, sessionId);
    const heaps = await Promise.all(
      sessions.map((session) => devtools.send<Heap>("Runtime.getHeapUsage", {}, session)),
    );
    forget();
    await devtools.send("Target.setAutoAttach", { autoAttach: false, ...attach }, sessionId);
    return heaps;
  }

  async close(): Promise<void> {
    await this.#browser.devtools.send("Target.closeTarget", { targetId: this.#place.targetId });
  }
}

async function metricsOf(browser: Browser, sessionId: string): Promise<Map<string, number>> {
  type Metrics = { metrics: { name: string; value: number }[] };
  const { metrics } = await browser.devtools.send<Metrics>("Performance.getMetrics", {}, sessionId);
  return new Map(metrics.map(({ name, value }) => [name, value]));
}

async function traced(
  { devtools }: Browser,
  includedCategories: string[],
  run: () => Promise<unknown>,
): Promise<TraceEvent[]> {
  const events: TraceEvent[] = [];
  const forget = devtools.on("Tracing.dataCollected", undefined, (params) => {
    for (const event of (params as { value: TraceEvent[] }).value) events.push(event);
  });
  await devtools.send("Tracing.start", { traceConfig: { includedCategories, recordMode: "recordAsMuchAsPossible" } });
  await run();
  const complete = devtools.once("Tracing.tracingComplete");
  await devtools.send("Tracing.end");
  await complete;
  forget();
  return events;
}

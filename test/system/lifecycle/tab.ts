import type { DevTools } from "../../bench/harness/devtools.ts";
import type { Fate, life } from "./in-page.ts";
import type { Probe } from "./probe.ts";
import type { FakeRegistry } from "./stage.ts";

type Life = typeof life;

interface Remote {
  result: { value?: unknown };
  exceptionDetails?: { text: string; exception?: { description?: string } };
}

interface Ids {
  target: string;
  session: string;
}

/** Longest that anything here is waited for: far more than it takes, since other work may share the machine. Milliseconds. */
const PATIENCE = 15_000;

const sleep = (milliseconds: number): Promise<void> => new Promise((done) => void setTimeout(done, milliseconds));

/** What is still there. */
export interface Left {
  pending: string[];
  timers: number;
  fetches: number;
  objectUrls: number;
  workers: number;
  /** At the registry. */
  requests: number;
}

export const NOTHING: Left = { pending: [], timers: 0, fetches: 0, objectUrls: 0, workers: 0, requests: 0 };

/** One tab with a profile of its own, and the workers it has. */
export class Tab implements AsyncDisposable {
  readonly url: string;
  readonly #devtools: DevTools;
  readonly #ids: Ids;
  #registry: FakeRegistry | undefined;
  #giveBack: (() => void) | undefined;
  /** Sessions of workers, and what they were started as, where that is known. */
  readonly #workers = new Map<string, string | null>();
  /** When a worker was last seen to go. Milliseconds since 1970. */
  lastGone = 0;

  private constructor(devtools: DevTools, url: string, ids: Ids) {
    this.#devtools = devtools;
    this.url = url;
    this.#ids = ids;
  }

  static async open(devtools: DevTools, url: string): Promise<Tab> {
    const { browserContextId } = await devtools.send<{ browserContextId: string }>("Target.createBrowserContext", {
      disposeOnDetach: true,
    });
    const { targetId } = await devtools.send<{ targetId: string }>("Target.createTarget", {
      url: "about:blank",
      browserContextId,
    });
    const { sessionId } = await devtools.send<{ sessionId: string }>("Target.attachToTarget", {
      targetId,
      flatten: true,
    });
    const tab = new Tab(devtools, url, { target: targetId, session: sessionId });
    await tab.#watch();
    return tab;
  }

  /** Whoever disposes of the tab gives it back. */
  async load(registry: FakeRegistry, giveBack: () => void): Promise<void> {
    this.#registry = registry;
    this.#giveBack = giveBack;
    await this.reload();
  }

  /** What the page resolves against. */
  get registry(): FakeRegistry {
    if (!this.#registry) throw new Error("Nothing is loaded");
    return this.#registry;
  }

  /** Leaves the page for another of the same kind. */
  async reload(): Promise<void> {
    const { session } = this.#ids;
    const loaded = this.#devtools.once("Page.loadEventFired", session);
    await this.#devtools.send("Page.navigate", { url: this.url }, session);
    await loaded;
  }

  /** Calls a function in the page: it is sent as text, so it knows nothing but what it is given. */
  async call<T, A = undefined>(run: (life: Life, given: A) => T, given?: A): Promise<Awaited<T>> {
    return (await this.evaluate(`(${run})(life, ${JSON.stringify(given)})`)) as Awaited<T>;
  }

  /** An expression's value, awaited; in a worker where its session is given. */
  async evaluate(expression: string, session: string = this.#ids.session): Promise<unknown> {
    const params = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.#devtools.send<Remote>("Runtime.evaluate", params, session);
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  get workers(): number {
    return this.#workers.size;
  }

  /** The sessions of workers by what they were started as: none may be asleep that was not known before. */
  async roles(): Promise<Record<string, string>> {
    for (const [session, known] of this.#workers) {
      if (known === null) this.#workers.set(session, (await this.probe(session)).role);
    }
    return Object.fromEntries([...this.#workers].map(([session, role]) => [role, session]));
  }

  /** The session of the worker that was started as `role`. */
  async worker(role: string): Promise<string> {
    const { [role]: found } = await this.roles();
    if (!found) throw new Error(`No ${role} among ${[...this.#workers.values()].join()}`);
    return found;
  }

  /** What a function says of an array of all that is reachable of a class. It is called with the array as `this`. */
  async instances(of: string, declaration: string, session: string = this.#ids.session): Promise<unknown> {
    type Found = { result: { objectId: string } };
    const objectGroup = "instances";
    const expression = `${of}.prototype`;
    const { result } = await this.#devtools.send<Found>("Runtime.evaluate", { expression, objectGroup }, session);
    const query = { prototypeObjectId: result.objectId, objectGroup };
    const { objects } = await this.#devtools.send<{ objects: { objectId: string } }>(
      "Runtime.queryObjects",
      query,
      session,
    );
    const call = {
      objectId: objects.objectId,
      functionDeclaration: declaration,
      awaitPromise: true,
      returnByValue: true,
    };
    const { result: said } = await this.#devtools.send<Remote>("Runtime.callFunctionOn", call, session);
    await this.#devtools.send("Runtime.releaseObjectGroup", { objectGroup }, session);
    return said.value;
  }

  async send(method: string, params: object = {}, session: string = this.#ids.session): Promise<unknown> {
    return await this.#devtools.send(method, params, session);
  }

  async fate(name: string): Promise<Fate> {
    return (await this.call((life, name) => life.fates[name], name)) ?? { is: "unknown" };
  }

  /** What a promise came to, once it did. */
  async ended(name: string): Promise<string> {
    return (
      await this.until(
        () => this.fate(name),
        ({ is }) => is !== "pending",
      )
    ).is;
  }

  async probe(session?: string): Promise<Probe> {
    return (await this.evaluate("probe()", session)) as Probe;
  }

  async left(): Promise<Left> {
    const { timers, fetches, objectUrls } = await this.probe();
    const fates = await this.call((life) => life.fates);
    const pending = Object.keys(fates).filter((name) => fates[name]?.is === "pending");
    return { pending, timers, fetches, objectUrls, workers: this.workers, requests: this.registry.open };
  }

  /** Waits until nothing is left but so many workers; what there is then, or in the end. */
  async settled(workers: number): Promise<Left> {
    const all = JSON.stringify({ ...NOTHING, workers });
    return await this.until(
      () => this.left(),
      (left) => JSON.stringify(left) === all,
    );
  }

  /** Looks until it is so, or for long enough. */
  async until<T>(look: () => T | Promise<T>, is: (value: T) => boolean): Promise<T> {
    for (const end = Date.now() + PATIENCE; ; await sleep(5)) {
      const value = await look();
      if (is(value) || Date.now() > end) return value;
    }
  }

  /** Waits for so many requests to be open and nothing else to come. */
  async waiting(requests: number): Promise<void> {
    await this.until(
      () => this.registry.open,
      (open) => open >= requests,
    );
    // What is answered beside them comes in meanwhile.
    for (let seen = -1; seen !== this.registry.asked.length; await sleep(60)) seen = this.registry.asked.length;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#giveBack?.();
    return Promise.resolve();
  }

  async close(): Promise<void> {
    this.#giveBack = undefined;
    await this.#devtools.send("Target.closeTarget", { targetId: this.#ids.target });
  }

  async #watch(): Promise<void> {
    const { session } = this.#ids;
    this.#devtools.on("Target.attachedToTarget", session, (params) => {
      const { sessionId, targetInfo } = params as { sessionId: string; targetInfo: { type: string } };
      if (targetInfo.type === "worker") this.#workers.set(sessionId, null);
    });
    this.#devtools.on("Target.detachedFromTarget", session, (params) => {
      const { sessionId } = params as { sessionId: string };
      if (this.#workers.delete(sessionId)) this.lastGone = Date.now();
    });
    await this.#devtools.send("Page.enable", {}, session);
    const attach = { autoAttach: true, waitForDebuggerOnStart: false, flatten: true };
    await this.#devtools.send("Target.setAutoAttach", attach, session);
  }
}

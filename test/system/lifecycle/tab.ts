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

/** Milliseconds after which a wait ends: far more than it takes, because the machine may be busy. */
const TIMEOUT = 15_000;

const sleep = (milliseconds: number): Promise<void> => new Promise((done) => void setTimeout(done, milliseconds));

/** The things that are left after a run. */
export interface Left {
  pending: string[];
  timers: number;
  fetches: number;
  objectUrls: number;
  workers: number;
  /** Open requests at the registry. */
  requests: number;
}

export const NOTHING: Left = { pending: [], timers: 0, fetches: 0, objectUrls: 0, workers: 0, requests: 0 };

/** A tab with its own profile, and its workers. */
export class Tab implements AsyncDisposable {
  readonly url: string;
  readonly #devtools: DevTools;
  readonly #ids: Ids;
  #registry: FakeRegistry | undefined;
  #giveBack: (() => void) | undefined;
  /** The sessions of workers, with their roles if known. */
  readonly #workers = new Map<string, string | null>();
  /** The time at which a worker last ended. Milliseconds since 1970. */
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

  /** Loads the page. Disposing of the tab returns it to the stage. */
  async load(registry: FakeRegistry, giveBack: () => void): Promise<void> {
    this.#registry = registry;
    this.#giveBack = giveBack;
    await this.reload();
  }

  /** The registry of the page. */
  get registry(): FakeRegistry {
    if (!this.#registry) throw new Error("Nothing is loaded");
    return this.#registry;
  }

  /** Leaves the page and loads it again. */
  async reload(): Promise<void> {
    const { session } = this.#ids;
    const loaded = this.#devtools.once("Page.loadEventFired", session);
    await this.#devtools.send("Page.navigate", { url: this.url }, session);
    await loaded;
  }

  /** Calls a function in the page. It is sent as text, so it can only use its arguments. */
  async call<T, A = undefined>(run: (life: Life, given: A) => T, given?: A): Promise<Awaited<T>> {
    return (await this.evaluate(`(${run})(life, ${JSON.stringify(given)})`)) as Awaited<T>;
  }

  /** Returns the awaited value of an expression in the page, or in the worker of `session`. */
  async evaluate(expression: string, session: string = this.#ids.session): Promise<unknown> {
    const params = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.#devtools.send<Remote>("Runtime.evaluate", params, session);
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  get workers(): number {
    return this.#workers.size;
  }

  /** Returns the sessions of workers by role. A worker whose role is not known yet must be awake. */
  async roles(): Promise<Record<string, string>> {
    for (const [session, known] of this.#workers) {
      if (known === null) this.#workers.set(session, (await this.probe(session)).role);
    }
    return Object.fromEntries([...this.#workers].map(([session, role]) => [role, session]));
  }

  /** Returns the session of a worker. */
  async worker(role: string): Promise<string> {
    const { [role]: found } = await this.roles();
    if (!found) throw new Error(`No ${role} among ${[...this.#workers.values()].join()}`);
    return found;
  }

  /** Calls a function with an array of all reachable instances of a class as `this`. Returns its result. */
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

  /** Returns the result of a promise once it has settled. */
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

  /** Waits until nothing is left but `workers` workers. Returns what is left then, or at the timeout. */
  async settled(workers: number): Promise<Left> {
    const all = JSON.stringify({ ...NOTHING, workers });
    return await this.until(
      () => this.left(),
      (left) => JSON.stringify(left) === all,
    );
  }

  /** Repeats `look` until `is` holds for its result, or until the timeout. */
  async until<T>(look: () => T | Promise<T>, is: (value: T) => boolean): Promise<T> {
    for (const end = Date.now() + TIMEOUT; ; await sleep(5)) {
      const value = await look();
      if (is(value) || Date.now() > end) return value;
    }
  }

  /** Waits until `requests` requests are open and no further one arrives. */
  async waiting(requests: number): Promise<void> {
    await this.until(
      () => this.registry.open,
      (open) => open >= requests,
    );
    // Waits for the requests that are answered meanwhile.
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

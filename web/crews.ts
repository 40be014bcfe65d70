import type { Installer, InstallerOptions, Progress, ProjectInput, Resolution, ResolveOptions } from "../src/api.ts";
import { onAbort, orAbort } from "../src/base/on-abort.ts";
import { failure, InstallError } from "../src/errors.ts";
import { decodeTree } from "../src/ideal/tree-bytes.ts";
import { readProgress } from "../workers/counts.ts";
import type { Order } from "../workers/protocol.ts";
import { resolutionOf } from "../workers/resolution.ts";
import { createSharedMemory, type SharedMemory } from "../workers/shared/shared-memory.ts";
import { SharedOnceMap } from "../workers/shared/shared-once-map.ts";
import { type Backend, openNet, settingsOf } from "./backend.ts";
import { Crew } from "./crew.ts";

/** How long a crew may take to give up a cancelled run before its workers are ended. Milliseconds. */
const GRACE = 100;
/** At most twenty reports a second. Milliseconds. */
const EVERY = 50;

/** Resolutions in workers: a crew for each at once, one of them kept for the next. */
export class Crews implements Backend {
  readonly #threads: boolean;
  readonly #options: InstallerOptions;
  readonly #all = new Set<Crew>();
  #idle: Crew | undefined;

  private constructor(threads: boolean, options: InstallerOptions) {
    this.#threads = threads;
    this.#options = options;
  }

  /** @throws InstallError EWORKER, EMEMORY when the mode cannot start */
  static async start(threads: boolean, options: InstallerOptions): Promise<Crews> {
    const crews = new Crews(threads, options);
    // Refused memory shows now, not in the middle.
    if (threads) createSharedMemory();
    crews.#idle = await crews.#enlist();
    return crews;
  }

  async resolve(input: ProjectInput, options: ResolveOptions & { signal: AbortSignal }): Promise<Resolution> {
    const { signal, ...plain } = options;
    const memory = this.#threads ? createSharedMemory() : undefined;
    const order: Order = { settings: settingsOf(this.#options), input: plainInput(input), options: plain, memory };
    const crew = await this.#take();
    const stopReports = this.#report(order, memory);
    const reply = crew.ask(crew.engine.resolve(order));
    const forget = onAbort(crew.life, () => memory && fold(memory, crew.life.reason));
    try {
      const outcome = await orAbort(reply, signal);
      if (!outcome.ok) throw new InstallError(outcome.failure);
      this.#keep(crew);
      const { tree, ...parts } = outcome.value;
      return resolutionOf({ ...parts, tree: () => decodeTree(tree) });
    } catch (error) {
      if (signal.aborted) this.#giveUp(crew, memory, reply);
      else this.#keep(crew);
      throw error;
    } finally {
      forget();
      stopReports();
    }
  }

  readonly store: Installer["store"] = {
    usage: () => this.#withKeeper((keeper) => keeper.usage()),
    clear: () => this.#withKeeper((keeper) => keeper.clear()),
  };

  dispose(): void {
    for (const crew of this.#all) crew.end(failure("EDISPOSED", "The installer was disposed of"));
    this.#all.clear();
    this.#idle = undefined;
  }

  async #take(): Promise<Crew> {
    const idle = this.#idle;
    this.#idle = undefined;
    return idle && !idle.ended ? idle : await this.#enlist();
  }

  async #enlist(): Promise<Crew> {
    const crew = await Crew.start(this.#threads, this.#options, openNet(this.#options));
    this.#all.add(crew);
    onAbort(crew.life, () => this.#all.delete(crew));
    return crew;
  }

  async #withKeeper<T>(ask: (keeper: Crew["keeper"]) => Promise<T>): Promise<T> {
    // Whoever has written last knows.
    const crew = [...this.#all].at(-1) ?? (await this.#enlist());
    return await crew.ask(ask(crew.keeper));
  }

  /** One crew waits for the next run; further ones go. */
  #keep(crew: Crew): void {
    if (crew.ended) return;
    if (this.#idle && !this.#idle.ended) crew.end();
    else this.#idle = crew;
  }

  #giveUp(crew: Crew, memory: SharedMemory | undefined, reply: Promise<unknown>): void {
    if (crew.ended) return;
    if (memory) fold(memory, new InstallError(failure("EABORTED", "Cancelled")));
    else void crew.engine.cancel();
    const timer = setTimeout(() => crew.end(), GRACE);
    const done = (): void => {
      clearTimeout(timer);
      this.#keep(crew);
    };
    reply.then(done, done);
  }

  /** Progress, where somebody wants to hear of it. The answer ends it. */
  #report(order: Order, memory: SharedMemory | undefined): () => void {
    const { onProgress } = this.#options;
    if (!onProgress) return () => {};
    if (memory) {
      const timer = setInterval(() => onProgress(readProgress(memory)), EVERY);
      return () => clearInterval(timer);
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<Progress>) => onProgress(data);
    order.progress = port2;
    return () => port1.close();
  }
}

/** Ends every wait on shared memory with `reason`. */
function fold(memory: SharedMemory, { failure }: InstallError): void {
  new SharedOnceMap(memory).failAll(failure);
}

/** What a framework wraps in proxies cannot be cloned: a plain copy can. */
function plainInput({ files, root, name }: ProjectInput): ProjectInput {
  return { files: { ...files }, ...(root !== undefined && { root }), ...(name !== undefined && { name }) };
}

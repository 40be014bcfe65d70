import type { Unreached } from "../src/registry/request-failure.ts";
import { type Call, exchange } from "./exchange.ts";

/** Asked for where nothing has been read yet: packages that a registry of any use has, then its front door. */
const WELL_KNOWN = ["react", "npm", ""];

/** What every look at a registry shares with the requests it is about. */
export type LookOptions = Pick<Call, "fetch" | "timeout" | "pulse" | "signal">;

/**
 * Public registries send no CORS header with a 404, so that a page cannot tell "does not exist" from "could not be
 * reached": both are a bare network error. This asks the same registry for something that must succeed.
 */
export class SecondLook {
  readonly #options: LookOptions;
  /** By origin: what was read there last, and when. */
  readonly #read = new Map<string, { url: URL; at: number }>();
  readonly #looking = new Map<string, Promise<boolean>>();

  constructor(options: LookOptions) {
    this.#options = options;
  }

  /** An answer of this URL could be read. */
  note(url: URL): void {
    this.#read.set(url.origin, { url, at: performance.now() });
  }

  /**
   * Whether answers of `url`'s registry can be read now. An answer that has come since the request was sent (`since`)
   * settles it without a request; else everybody who asks meanwhile shares one look. `base` is the registry's URL.
   */
  async reachable({ origin }: URL, base: string, since: number): Promise<boolean> {
    const isProven = (): boolean => (this.#read.get(origin)?.at ?? -1) >= since;
    if (isProven()) return true;
    const found = await this.#once(origin, async () => {
      const seen = this.#read.get(origin);
      const targets = seen ? [seen.url] : WELL_KNOWN.map((name) => new URL(base + name));
      const answers = await Promise.all(targets.map((target) => this.#answers(target, "cors")));
      return answers.includes(true);
    });
    return found || isProven();
  }

  /** Why nothing could be read: as far as a page can know. */
  async reason(url: URL): Promise<Unreached> {
    if (isOffline()) return "offline";
    // An opaque answer cannot be read, but it is an answer. (Its absence proves nothing: COEP blocks it too.)
    return (await this.#once(`no-cors ${url.origin}`, () => this.#answers(url, "no-cors"))) ? "cors" : "network";
  }

  #once(key: string, work: () => Promise<boolean>): Promise<boolean> {
    let look = this.#looking.get(key);
    if (!look) {
      look = work().finally(() => this.#looking.delete(key));
      this.#looking.set(key, look);
    }
    return look;
  }

  /** Without credentials: what is asked is whether there is an answer, not which. */
  async #answers(url: URL, mode: RequestMode): Promise<boolean> {
    // HEAD past every cache: a stored answer would prove nothing.
    const init: RequestInit = { method: "HEAD", mode, cache: "no-store" };
    const reply = await exchange({ ...this.#options, url, init, headers: {} });
    // 429 and 5xx leave open what the first answer was.
    return reply.kind === "answer" && reply.status < 429;
  }
}

/** `onLine` false is certain; true says nothing. */
export function isOffline(): boolean {
  return globalThis.navigator?.onLine === false;
}

// Loaded on demand: when this thread needs the network and `io` is "worker".

import type { InstallerOptions } from "../../src/api/resolve.ts";
import { disposed } from "../../src/errors/work.ts";
import type { OpenNet } from "../../workers/net/net.ts";
import { PortTransport } from "../../workers/net/port-transport.ts";
import { WorkerPool } from "./worker-pool.ts";

/** A worker that makes requests for this thread. Several runs may use it at once. */
export class FetchChannel {
  readonly #options: InstallerOptions;
  #pool: WorkerPool;
  #ready: Promise<void>;

  private constructor(options: InstallerOptions) {
    this.#options = options;
    this.#pool = new WorkerPool("inline", options);
    this.#ready = this.#pool.start();
  }

  /** @throws InstallError EWORKER */
  static async start(options: InstallerOptions): Promise<FetchChannel> {
    const fetchChannel = new FetchChannel(options);
    await fetchChannel.#ready;
    return fetchChannel;
  }

  /** Returns access to the network for one run, and a signal that aborts when the worker ends. Replaces a worker that has died. */
  async open(): Promise<{ open: OpenNet; life: AbortSignal }> {
    if (this.#pool.ended) {
      this.#pool = new WorkerPool("inline", this.#options);
      this.#ready = this.#pool.start();
    }
    const pool = this.#pool;
    await this.#ready;
    const open: OpenNet = (session, warn) => {
      const port = pool.connect();
      const net = new PortTransport(port, session, warn);
      const dispose = net.dispose.bind(net);
      net.dispose = () => {
        dispose();
        port.close();
      };
      return net;
    };
    return { open, life: pool.life };
  }

  dispose(): void {
    this.#pool.end(disposed("installer"));
  }
}

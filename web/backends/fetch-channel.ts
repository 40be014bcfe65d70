import type { InstallerOptions } from "../../src/api/resolve.ts";
import { disposed } from "../../src/errors/work.ts";
import type { OpenNet } from "../../workers/net/net.ts";
import { PortTransport } from "../../workers/net/port-transport.ts";
import { WorkerPool } from "./worker-pool.ts";

// Loaded where a page resolves and a worker fetches for it.

/** A worker that fetches for resolutions on this thread: as many at once as there are. */
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

  /** One run's way to it, and a signal that aborts when there is none any more. A worker that has died has a successor. */
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

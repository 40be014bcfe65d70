import type { InstallerOptions } from "../src/api/resolve.ts";
import { failure } from "../src/errors/failure.ts";
import type { OpenNet } from "../workers/net/net.ts";
import { PortTransport } from "../workers/net/port-transport.ts";
import { Crew } from "./worker-pool.ts";

// Loaded where a page resolves and a worker fetches for it.

/** A worker that fetches for resolutions on this thread: as many at once as there are. */
export class Courier {
  readonly #options: InstallerOptions;
  #crew: Crew;
  #ready: Promise<void>;

  private constructor(options: InstallerOptions) {
    this.#options = options;
    this.#crew = new Crew("inline", options);
    this.#ready = this.#crew.start();
  }

  /** @throws InstallError EWORKER */
  static async start(options: InstallerOptions): Promise<Courier> {
    const courier = new Courier(options);
    await courier.#ready;
    return courier;
  }

  /** One run's way to it, and a signal that aborts when there is none any more. A worker that has died has a successor. */
  async open(): Promise<{ open: OpenNet; life: AbortSignal }> {
    if (this.#crew.ended) {
      this.#crew = new Crew("inline", this.#options);
      this.#ready = this.#crew.start();
    }
    const crew = this.#crew;
    await this.#ready;
    const open: OpenNet = (session, warn) => {
      const port = crew.connect();
      const net = new PortTransport(port, session, warn);
      const dispose = net.dispose.bind(net);
      net.dispose = () => {
        dispose();
        port.close();
      };
      return net;
    };
    return { open, life: crew.life };
  }

  dispose(): void {
    this.#crew.end(failure("EDISPOSED", "The installer was disposed of"));
  }
}

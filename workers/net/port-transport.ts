import type { Failure } from "../../src/api/failure.ts";
import type { MetadataForm } from "../../src/api/resolve.ts";
import { fail, type Outcome } from "../../src/errors/failure.ts";
import { cancelled } from "../../src/errors/work.ts";
import type { RegistryRequest, RegistryResponse } from "../../src/registry/transport.ts";
import type { Net } from "./net.ts";
import type { Get, NetAnswer, NetOrder, NetSession } from "./net-protocol.ts";

/** A registry behind a port: another thread does the fetching. Requests of one turn go in one message. */
export class PortTransport implements Net {
  /** Messages sent and received. */
  messages = 0;
  readonly #port: MessagePort;
  readonly #warn: (warning: Failure) => void;
  readonly #gets = new Map<number, (outcome: Outcome<RegistryResponse>) => void>();
  readonly #namespaces = new Map<number, (namespace: string | null) => void>();
  #batch: Get[] = [];
  #closed = false;

  constructor(port: MessagePort, session: NetSession, warn: (warning: Failure) => void) {
    this.#port = port;
    this.#warn = warn;
    port.onmessage = ({ data }: MessageEvent<NetAnswer>) => this.#hear(data);
    this.#send({ to: "open", session });
  }

  get(request: RegistryRequest): Promise<Outcome<RegistryResponse>> {
    if (this.#closed) return Promise.resolve(closed(request.name));
    return new Promise((resolve) => {
      const { kind, name, url, metadata, etag, kept, rank } = request;
      const id = nextId++;
      if (
        this.#batch.push({
          id,
          kind,
          name,
          url,
          metadata,
          ...(etag && { etag }),
          ...(kept && { kept }),
          ...(rank && { rank }),
        }) === 1
      ) {
        queueMicrotask(() => this.#flush());
      }
      this.#gets.set(id, resolve);
    });
  }

  namespace = (registry: string, metadata: MetadataForm): Promise<string | null> => {
    if (this.#closed) return Promise.resolve(null);
    return new Promise((resolve) => {
      const id = nextId++;
      this.#namespaces.set(id, resolve);
      this.#send({ to: "namespace", id, registry, metadata });
    });
  };

  hurry(url: string, rank: number): void {
    if (this.#closed) return;
    // What it is about may still stand in this turn's batch.
    this.#flush();
    this.#send({ to: "hurry", url, rank });
  }

  dispose(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#batch = [];
    this.#send({ to: "close" });
    for (const resolve of this.#gets.values()) resolve(closed(""));
    for (const resolve of this.#namespaces.values()) resolve(null);
    this.#gets.clear();
    this.#namespaces.clear();
    // What is heard there keeps alive whoever would be warned.
    this.#port.onmessage = null;
  }

  #flush(): void {
    const gets = this.#batch;
    this.#batch = [];
    if (gets.length > 0) this.#send({ to: "get", gets });
  }

  #send(order: NetOrder): void {
    this.messages++;
    this.#port.postMessage(order);
  }

  #hear(answer: NetAnswer): void {
    this.messages++;
    switch (answer.of) {
      case "got":
        for (const { id, outcome } of answer.gots) settle(this.#gets, id, outcome);
        break;
      case "namespace":
        settle(this.#namespaces, answer.id, answer.namespace);
        break;
      case "warning":
        this.#warn(answer.warning);
        break;
      default:
        answer satisfies never;
    }
  }
}

/** Unique on this thread, so that a late answer to an earlier session meets nobody. */
let nextId = 0;

function settle<T>(waiting: Map<number, (value: T) => void>, id: number, value: T): void {
  waiting.get(id)?.(value);
  waiting.delete(id);
}

/** The caller rethrows its signal's reason. */
const closed = (name: string): Outcome<never> => fail(cancelled(name));

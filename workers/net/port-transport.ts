import type { Failure } from "../../src/api/failure.ts";
import type { MetadataForm } from "../../src/api/resolve.ts";
import { fail, type Outcome } from "../../src/errors/failure.ts";
import { cancelled } from "../../src/errors/work.ts";
import type { RegistryRequest, RegistryResponse } from "../../src/registry/transport.ts";
import type { Net } from "./net.ts";
import type { NetMessage, NetReply, NetSession, PortRequest } from "./net-protocol.ts";

/** A net whose requests are made by another thread, behind a port. Sends all requests of a turn in one message. */
export class PortTransport implements Net {
  /** Messages sent and received. */
  messages = 0;
  readonly #port: MessagePort;
  readonly #warn: (warning: Failure) => void;
  /** By the id of a request. */
  readonly #waiting = new Map<number, (outcome: Outcome<RegistryResponse>) => void>();
  readonly #namespaces = new Map<number, (namespace: string | null) => void>();
  #batch: PortRequest[] = [];
  #closed = false;

  constructor(port: MessagePort, { registry, credentials }: NetSession, warn: (warning: Failure) => void) {
    this.#port = port;
    this.#warn = warn;
    port.onmessage = ({ data }: MessageEvent<NetReply>) => this.#handle(data);
    this.#send({ kind: "open", session: { registry, credentials } });
  }

  get(request: RegistryRequest): Promise<Outcome<RegistryResponse>> {
    if (this.#closed) return Promise.resolve(closed(request.name));
    return new Promise((resolve) => {
      const { kind, name, url, metadata, etag, kept, shared, rank, limit } = request;
      const id = nextId++;
      const flags = { ...(kept && { kept }), ...(shared && { shared }) };
      const optional = { ...(etag && { etag }), ...flags, ...(rank && { rank }), ...(limit && { limit }) };
      if (this.#batch.push({ id, kind, name, url, metadata, ...optional }) === 1) queueMicrotask(() => this.#flush());
      this.#waiting.set(id, resolve);
    });
  }

  namespace = (registry: string, metadata: MetadataForm): Promise<string | null> => {
    if (this.#closed) return Promise.resolve(null);
    return new Promise((resolve) => {
      const id = nextId++;
      this.#namespaces.set(id, resolve);
      this.#send({ kind: "namespace", id, registry, metadata });
    });
  };

  hurry(url: string, rank: number): void {
    if (this.#closed) return;
    // The request may still be in this turn's batch, and must arrive first.
    this.#flush();
    this.#send({ kind: "hurry", url, rank });
  }

  dispose(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#batch = [];
    this.#send({ kind: "close" });
    for (const resolve of this.#waiting.values()) resolve(closed(""));
    for (const resolve of this.#namespaces.values()) resolve(null);
    this.#waiting.clear();
    this.#namespaces.clear();
    // The listener would keep the run in memory, through `#warn`.
    this.#port.onmessage = null;
  }

  #flush(): void {
    const requests = this.#batch;
    this.#batch = [];
    if (requests.length > 0) this.#send({ kind: "request", requests });
  }

  #send(message: NetMessage): void {
    this.messages++;
    this.#port.postMessage(message);
  }

  #handle(reply: NetReply): void {
    this.messages++;
    switch (reply.kind) {
      case "respond":
        for (const { id, outcome } of reply.responses) settle(this.#waiting, id, outcome);
        break;
      case "namespace":
        settle(this.#namespaces, reply.id, reply.namespace);
        break;
      case "warn":
        this.#warn(reply.warning);
        break;
      default:
        reply satisfies never;
    }
  }
}

/** Unique on this thread, so that a late reply to an earlier session settles nothing. */
let nextId = 0;

function settle<T>(waiting: Map<number, (value: T) => void>, id: number, value: T): void {
  waiting.get(id)?.(value);
  waiting.delete(id);
}

/** The outcome of a request after `dispose`. The caller throws its signal's reason instead. */
const closed = (name: string): Outcome<never> => fail(cancelled(name));

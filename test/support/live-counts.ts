// Runs in a page or a worker, before the library is loaded.

/** The things of one thread that end only if somebody ends them. */
export interface LiveCounts {
  workers: number;
  /** Ports that were neither closed, nor transferred, nor collected. */
  ports: number;
  timers: number;
  objectUrls: number;
  /** Bytes of shared memory that was not collected. */
  sharedBytes: number;
  /** Open connections to IndexedDB. */
  databases: number;
  /** Open broadcast channels. */
  channels: number;
}

/** Objects that leave the set when they are ended or collected. */
class LiveSet<T extends object> {
  readonly #references = new Set<WeakRef<T>>();
  readonly #known = new WeakMap<T, WeakRef<T>>();

  add(object: T): void {
    const reference = new WeakRef(object);
    this.#references.add(reference);
    this.#known.set(object, reference);
  }

  delete(object: T): void {
    const reference = this.#known.get(object);
    if (reference) this.#references.delete(reference);
  }

  list(): T[] {
    const objects: T[] = [];
    for (const reference of this.#references) {
      const object = reference.deref();
      if (object) objects.push(object);
      else this.#references.delete(reference);
    }
    return objects;
  }
}

type Method<T> = (this: T, ...args: never[]) => unknown;

/** Calls `look` before each call of a method. */
function before<T, K extends keyof T>(target: T, name: K, look: (self: T, args: unknown[]) => void): void {
  const original = target[name] as Method<T>;
  target[name] = function (this: T, ...args: never[]) {
    look(this, args);
    return original.apply(this, args);
  } as T[K];
}

/** Replaces a global class by one that calls `look` with each new instance. */
function constructed(name: string, look: (instance: never) => void): void {
  const scope = globalThis as unknown as Record<string, new (...args: unknown[]) => object>;
  const Original = scope[name];
  if (!Original) return;
  scope[name] = new Proxy(Original, {
    construct(target, args, self) {
      const instance = Reflect.construct(target, args, self) as never;
      look(instance);
      return instance;
    },
  });
}

function countTimers(): () => number {
  const live = new Set<unknown>();
  const { setTimeout: once, setInterval: often, clearTimeout: stop, clearInterval: stopOften } = globalThis;
  const end = (id: unknown): void => void live.delete(id);
  Object.assign(globalThis, {
    setTimeout(run: (...args: unknown[]) => void, delay?: number, ...args: unknown[]) {
      const id: unknown = once(() => {
        end(id);
        run(...args);
      }, delay);
      live.add(id);
      return id;
    },
    setInterval(run: (...args: unknown[]) => void, delay?: number, ...args: unknown[]) {
      const id: unknown = often(() => run(...args), delay);
      live.add(id);
      return id;
    },
    clearTimeout(id: never) {
      end(id);
      stop(id);
    },
    clearInterval(id: never) {
      end(id);
      stopOften(id);
    },
  });
  return () => live.size;
}

function countPorts(): () => number {
  const ports = new LiveSet<MessagePort>();
  constructed("MessageChannel", ({ port1, port2 }: MessageChannel) => {
    ports.add(port1);
    ports.add(port2);
  });
  const leave = (_: unknown, [, transferred]: unknown[]): void => {
    const list = Array.isArray(transferred) ? transferred : (transferred as StructuredSerializeOptions)?.transfer;
    for (const each of list ?? []) ports.delete(each as MessagePort);
  };
  before(MessagePort.prototype, "close", (port) => ports.delete(port));
  before(MessagePort.prototype, "postMessage", leave);
  if (globalThis.Worker) before(Worker.prototype, "postMessage", leave);
  return () => ports.list().length;
}

function countDatabases(): () => number {
  const open = new LiveSet<IDBDatabase>();
  const { open: original } = IDBFactory.prototype;
  IDBFactory.prototype.open = function (...args) {
    const request = original.apply(this, args);
    request.addEventListener("success", () => open.add(request.result));
    return request;
  };
  before(IDBDatabase.prototype, "close", (database) => open.delete(database));
  return () => open.list().length;
}

function countUrls(): () => number {
  const live = new Set<string>();
  const { createObjectURL, revokeObjectURL } = URL;
  URL.createObjectURL = (object) => {
    const url = createObjectURL.call(URL, object);
    live.add(url);
    return url;
  };
  URL.revokeObjectURL = (url) => {
    live.delete(url);
    revokeObjectURL.call(URL, url);
  };
  return () => live.size;
}

/**
 * Begins to count what this thread holds. Returns a function that returns the counts. Collect garbage first: ports and memory that
 * nothing refers to count until then.
 */
export function countLive(): () => LiveCounts {
  const workers = new LiveSet<Worker>();
  constructed("Worker", (worker: Worker) => workers.add(worker));
  if (globalThis.Worker) before(Worker.prototype, "terminate", (worker) => workers.delete(worker));
  const memories = new LiveSet<SharedArrayBuffer>();
  constructed("SharedArrayBuffer", (memory: SharedArrayBuffer) => memories.add(memory));
  const channels = new LiveSet<BroadcastChannel>();
  constructed("BroadcastChannel", (channel: BroadcastChannel) => channels.add(channel));
  before(BroadcastChannel.prototype, "close", (channel) => channels.delete(channel));
  const [timers, ports, databases, objectUrls] = [countTimers(), countPorts(), countDatabases(), countUrls()];
  return () => ({
    workers: workers.list().length,
    ports: ports(),
    timers: timers(),
    objectUrls: objectUrls(),
    sharedBytes: memories.list().reduce((sum, { byteLength }) => sum + byteLength, 0),
    databases: databases(),
    channels: channels.list().length,
  });
}

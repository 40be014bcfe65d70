// Loaded before the library, in a page and in a worker. Counts the things that a run must not leave behind.

/** The open resources of one thread. */
export interface Probe {
  timers: number;
  /** Requests without an answer. */
  fetches: number;
  objectUrls: number;
  /** Unhandled errors and rejections. */
  faults: string[];
  /** In a worker: its role. */
  role: string | null;
}

const timers = new Set<unknown>();
const objectUrls = new Set<string>();
const faults: string[] = [];
let fetches = 0;
let role: string | null = null;

type Handler = (...args: unknown[]) => void;
const scope = globalThis as unknown as {
  setTimeout(run: Handler, ms?: number): unknown;
  clearTimeout(id: unknown): void;
  setInterval(run: Handler, ms?: number): unknown;
  clearInterval(id: unknown): void;
};
const { setTimeout, setInterval, fetch, URL } = globalThis;
const { createObjectURL, revokeObjectURL } = URL;

/** Multiplies the library's timeouts, because test machines can be slow. */
const patience = { factor: 20 };

scope.setTimeout = (run, ms = 0) => {
  const id = setTimeout(() => {
    timers.delete(id);
    run();
  }, ms * patience.factor);
  timers.add(id);
  return id;
};
scope.setInterval = (run, ms) => {
  const id = setInterval(run, ms);
  timers.add(id);
  return id;
};
for (const clear of ["clearTimeout", "clearInterval"] as const) {
  const native = globalThis[clear] as (id: unknown) => void;
  scope[clear] = (id) => {
    timers.delete(id);
    native(id);
  };
}
URL.createObjectURL = (source) => {
  const url = createObjectURL.call(URL, source);
  objectUrls.add(url);
  return url;
};
URL.revokeObjectURL = (url) => {
  objectUrls.delete(url);
  revokeObjectURL.call(URL, url);
};
globalThis.fetch = async (input, init) => {
  fetches++;
  try {
    return await fetch(input, init);
  } finally {
    fetches--;
  }
};
addEventListener("error", ({ message }) => void faults.push(`error: ${message}`));
addEventListener("unhandledrejection", ({ reason }) => void faults.push(`rejection: ${String(reason)}`));
if (!("document" in globalThis)) {
  addEventListener("message", ({ data }: MessageEvent) => {
    const given = data?.argumentList?.[0]?.value;
    role ??= given?.role ?? null;
    note(given?.memory?.table);
  });
}

/** The shared memories that this thread has seen. */
const memories: WeakRef<object>[] = [];
const note = (memory: object | undefined): void => void (memory && memories.push(new WeakRef(memory)));
if ("SharedArrayBuffer" in globalThis) {
  globalThis.SharedArrayBuffer = class extends SharedArrayBuffer {
    constructor(bytes: number, options?: object) {
      super(...([bytes, options] as unknown as [number]));
      note(this);
    }
  } as SharedArrayBufferConstructor;
}
const { get, set } = Object.getOwnPropertyDescriptor(
  MessagePort.prototype,
  "onmessage",
) as Required<PropertyDescriptor>;
Object.defineProperty(MessagePort.prototype, "onmessage", {
  get,
  set(this: MessagePort, run: ((event: MessageEvent) => void) | null) {
    const noting = (event: MessageEvent): void => {
      note(event.data?.run?.memory?.table);
      run?.(event);
    };
    set.call(this, run && noting);
  },
});
/** Returns the number of shared memories seen, and of those still in the heap. */
const seenMemories = (): { seen: number; kept: number } => ({
  seen: memories.length,
  kept: memories.filter((memory) => memory.deref()).length,
});

/** Workers by role, so that a test can terminate one without the library's knowledge. */
const spawned = new Map<string, Worker>();
if ("document" in globalThis) {
  globalThis.Worker = class extends Worker {
    override postMessage(message: unknown, transfer: Transferable[] | StructuredSerializeOptions = []): void {
      const [given] = (message as { argumentList?: { value?: { role?: string } }[] }).argumentList ?? [];
      if (given?.value?.role) spawned.set(given.value.role, this);
      super.postMessage(message, transfer as Transferable[]);
    }
  };
}

const probe = (): Probe => ({ timers: timers.size, fetches, objectUrls: objectUrls.size, faults, role });
Object.assign(globalThis, { probe, spawned, patience, seenMemories });

import { afterEach, beforeEach, expect, test } from "vitest";
import { createInstaller, InstallError } from "../../web/index.ts";
import { listMap } from "../install/listing.ts";
import { deleteDatabase } from "../support/idb.ts";
import { AFTER, projectRegistry } from "./project.ts";

// Every call to the real IndexedDB fails once, with each kind of failure, while a project is resolved and installed.

const KINDS = ["throws", "aborts", "quota", "never"] as const;
type Kind = (typeof KINDS)[number];

/** The methods that the library uses, by their prototypes. Those of a store can abort their transaction. */
const METHODS: readonly [prototype: object, names: readonly string[]][] = [
  [IDBFactory.prototype, ["open"]],
  [IDBDatabase.prototype, ["transaction"]],
  [IDBObjectStore.prototype, ["get", "put", "delete", "getAllKeys", "getAll", "clear", "openCursor"]],
];

interface Walk {
  at: number;
  kind: Kind;
  calls: string[];
}

let walk: Walk = { at: -1, kind: "throws", calls: [] };
/** All connections, so that they can be closed before a database is deleted. */
const opened = new Set<IDBDatabase>();
let restore: (() => void)[] = [];

type Method = (this: object, ...args: unknown[]) => object;

function failing(name: string, real: Method): Method {
  return function (...args) {
    const { at, kind, calls } = walk;
    if (calls.push(name) - 1 !== at) {
      const made = real.apply(this, args);
      if (made instanceof IDBOpenDBRequest) made.addEventListener("success", () => opened.add(made.result));
      return made;
    }
    if (kind === "throws") throw new DOMException("injected", "InvalidStateError");
    if (kind === "quota") throw new DOMException("injected", "QuotaExceededError");
    // A request without events. Its transaction goes on or ends.
    if (kind === "never") return name === "transaction" ? silentTransaction() : new EventTarget();
    const request = real.apply(this, args);
    if (this instanceof IDBObjectStore) this.transaction.abort();
    else if (request instanceof IDBTransaction) request.abort();
    return request;
  };
}

/** A transaction whose requests never answer. */
function silentTransaction(): object {
  const store = new Proxy(new EventTarget(), { get: (_, name) => (name === "transaction" ? transaction : () => ({})) });
  const transaction = Object.assign(new EventTarget(), { objectStore: () => store, abort() {}, db: { close() {} } });
  return transaction;
}

beforeEach(async () => {
  restore = METHODS.flatMap(([prototype, names]) =>
    names.map((name) => {
      const methods = prototype as Record<string, Method>;
      const real = methods[name] as Method;
      methods[name] = failing(name, real);
      return () => {
        methods[name] = real;
      };
    }),
  );
  const { setTimeout } = globalThis;
  // If a call never answers, the time limits of the stores count in hundredths.
  globalThis.setTimeout = ((run: TimerHandler, time = 0, ...args: unknown[]) =>
    setTimeout(run, walk.kind === "never" && time >= 5_000 && time <= 30_000 ? time / 100 : time, ...args)) as never;
  restore.push(() => {
    globalThis.setTimeout = setTimeout;
  });
});

afterEach(async () => {
  for (const undo of restore) undo();
});

interface Seen {
  lock: string;
  files: Record<string, string>;
  warnings: string[];
}

/** Resolves and installs the project, with the stores of this origin. */
async function run(cache: "default" | "offline"): Promise<Seen> {
  const registry = projectRegistry();
  // A timeout that the shortened timers leave alone.
  const options = { timeout: 4_000, deadline: 60_000, storeName: "idb faults" };
  const installer = await createInstaller({
    ...options,
    mode: "inline",
    registry: registry.url,
    fetch: registry.fetch,
    cache,
  });
  try {
    const { files, warnings } = await installer.resolve({ files: AFTER });
    const sink = new Map();
    const project = await installer.install({ files: AFTER }, { sink });
    await project.stored;
    await installer.store.usage();
    const codes = [...warnings, ...project.report.warnings].map(({ code }) => code);
    return { lock: files["package-lock.json"] ?? "", files: await listMap(sink), warnings: codes };
  } finally {
    installer.dispose();
  }
}

async function start(at: number, kind: Kind): Promise<void> {
  walk = { at: -1, kind: "throws", calls: [] };
  for (const db of opened) db.close();
  opened.clear();
  await Promise.all([deleteDatabase("webhoist"), deleteDatabase("webhoist-packs")]);
  walk = { at, kind, calls: [] };
}

/** Runs with a fault. Begins anew if a call did not come: how many reads become one depends on the order in which answers arrive. */
async function runTo(at: number, kind: Kind): Promise<Seen> {
  for (let attempt = 0; ; attempt++) {
    await start(at, kind);
    const seen = await run("default");
    if (walk.calls.length > at || attempt === 3) return seen;
  }
}

test("every call to IndexedDB fails in every way", { timeout: 600_000 }, async () => {
  await start(-1, "throws");
  const right = await run("default");
  const all = [...walk.calls];
  expect(right.warnings).toEqual([]);
  expect(new Set(all)).toEqual(new Set(["open", "transaction", "get", "put", ...new Set(all)]));
  const wrong: string[] = [];
  const missed: string[] = [];
  let faults = 0;
  for (const [at, name] of all.entries()) {
    for (const kind of KINDS) {
      const what = `${at} (${name}) ${kind}`;
      try {
        const seen = await runTo(at, kind);
        if (walk.calls.length > at) faults++;
        else missed.push(what);
        const { lock, files, warnings } = seen;
        if (lock !== right.lock || JSON.stringify(files) !== JSON.stringify(right.files))
          wrong.push(`${what}: wrong answer`);
        if (warnings.some((code) => code !== "ESTORE" && code !== "ESTOREFULL")) wrong.push(`${what}: ${warnings}`);
        walk = { at: -1, kind: "throws", calls: [] };
        for (const cache of ["default", "offline"] as const) {
          const again = await run(cache);
          if (again.lock !== right.lock || again.warnings.length > 0)
            wrong.push(`${what}, ${cache}: ${again.warnings}`);
        }
      } catch (error) {
        wrong.push(`${what}: ${error instanceof InstallError ? `${error.code} ${error.message}` : error}`);
      }
    }
  }
  console.log(`IndexedDB: ${all.length} calls, ${faults} faults`);
  expect(wrong).toEqual([]);
  // The last reads may be one in every attempt.
  expect(missed.length, missed.join()).toBeLessThanOrEqual(2 * KINDS.length);
  expect(faults).toBe(all.length * KINDS.length - missed.length);
});

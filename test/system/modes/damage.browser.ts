import { afterAll, beforeAll, expect, test } from "vitest";
import { createInstaller, type Installer } from "../../../web/index.ts";
import { fakeRegistry } from "../../support/fake-registry.ts";
import { random } from "../../support/registry/arrival.ts";

// Overwrites the memory that the threads of a run share, at random moments of a resolution. The answer is right, or EWORKER.

const DEPTH = 12;

/** A chain of packages, each of which also needs two more, so that the engine sleeps often. */
const packages = Object.fromEntries(
  Array.from({ length: DEPTH }, (_, i) => {
    const next = i + 1 < DEPTH ? { [`chain${i + 1}`]: "^1.0.0" } : {};
    return [
      [`chain${i}@1.0.0`, { [`left${i}`]: "^1.0.0", [`right${i}`]: "^2.0.0", ...next }] as const,
      [`left${i}@1.2.0`, {}] as const,
      [`right${i}@2.0.0`, { optionalDependencies: { [`left${i}`]: "^1.1.0" } }] as const,
    ];
  }).flat(),
);
const PACKAGE = JSON.stringify({ name: "project", version: "1.0.0", dependencies: { chain0: "^1.0.0" } });

/** Buffers of two runs. */
const BUFFERS = 6;
const Real = globalThis.SharedArrayBuffer;
/** The memory of the last runs, which serves the next ones. */
let buffers: SharedArrayBuffer[] = [];

beforeAll(() => {
  globalThis.SharedArrayBuffer = class extends Real {
    constructor(...args: ConstructorParameters<typeof Real>) {
      super(...args);
      buffers = [...buffers, this as unknown as SharedArrayBuffer].slice(-BUFFERS);
    }
  } as never;
});
afterAll(() => {
  globalThis.SharedArrayBuffer = Real;
});

type Fill = "zeros" | "ones" | "small numbers" | "noise";
const FILLS: readonly Fill[] = ["zeros", "ones", "small numbers", "noise"];

interface Attack {
  fill: Fill;
  next: () => number;
  whole: boolean;
}

/** Overwrites everything, or a part of one buffer where the run has written. */
function overwrite(buffers: readonly SharedArrayBuffer[], { fill, next, whole }: Attack): void {
  const some = [buffers[Math.floor(next() * buffers.length)] as SharedArrayBuffer];
  for (const buffer of whole ? buffers : some) {
    const words = new Int32Array(buffer, 0, buffer.byteLength >>> 2);
    // Names, states and records are dense only in places: most of the memory is empty.
    const used = Math.min(words.length, 1 << 18);
    const from = whole ? 0 : Math.floor(next() * used);
    const to = whole ? words.length : Math.min(used, from + 1 + Math.floor(next() ** 4 * used));
    for (let at = from; at < to; at++) {
      if (fill === "zeros") words[at] = 0;
      else if (fill === "ones") words[at] = -1;
      else if (fill === "small numbers") words[at] = Math.floor(next() * 40);
      else words[at] = next() * 2 ** 32;
    }
  }
}

/** Milliseconds after which a resolution hangs. */
const HANG = 20_000;

/** Resolves the project. Returns the lock, or the code of the failure. */
async function resolveWith(installer: Installer): Promise<string> {
  const hang = new Promise<never>((_, reject) => setTimeout(() => reject(new Error("hangs")), HANG));
  const work = installer.resolve({ files: { "package.json": PACKAGE } }).then(
    ({ files }) => files["package-lock.json"] ?? "",
    (error: { code?: string }) => error.code ?? String(error),
  );
  return await Promise.race([work, hang]);
}

test("overwritten memory ends in the right answer or in EWORKER", { timeout: 300_000 }, async () => {
  const registry = fakeRegistry(packages, { latency: 2 });
  let requests = 0;
  let attack = (_request: number): void => {};
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const answer = await registry.fetch(input, init);
    attack(requests++);
    return answer;
  };
  const installer = await createInstaller({ mode: "threads", registry: registry.url, fetch, cache: "none" });
  try {
    const right = await resolveWith(installer);
    expect(right).toContain("node_modules/left11");
    const all = requests;
    const results = { right: 0, ended: 0 };
    for (let seed = 0; seed < 60; seed++) {
      const next = random(seed);
      const fill = FILLS[seed % FILLS.length] as Fill;
      const whole = seed % 3 === 0;
      const at = Math.floor(next() * all);
      const delay = Math.floor(next() * 4);
      requests = 0;
      attack = (request) => {
        if (request !== at) return;
        const all = buffers;
        if (delay === 0) overwrite(all, { fill, next, whole });
        else setTimeout(() => overwrite(all, { fill, next, whole }), delay);
      };
      const result = await resolveWith(installer);
      expect(result === right || result === "EWORKER", `seed ${seed}: ${result.slice(0, 300)}`).toBe(true);
      if (result === right) results.right++;
      else results.ended++;
      attack = () => {};
      if (seed % 10 === 0) expect(await resolveWith(installer)).toBe(right);
    }
    expect(results.right).toBeGreaterThan(0);
    expect(results.ended).toBeGreaterThan(10);
  } finally {
    installer.dispose();
  }
});

import { expect, test } from "vitest";
import { createInstaller } from "../../web/index.ts";
import { fakeRegistry } from "../support/fake-registry.ts";

/** A chain of packages. Each is requested only after the one before has arrived. */
function chain(length: number): Record<string, Record<string, string>> {
  const links = Array.from({ length }, (_, index) => [`p${index}@1.0.0`, { [`p${index + 1}`]: "1" }] as const);
  return { ...Object.fromEntries(links), [`p${length}@1.0.0`]: {} };
}

/** Counts the running requests. `at` is called when the nth request starts. */
function watched(fetch: typeof globalThis.fetch, nth: number, at: () => void) {
  const state = { started: 0, pending: 0 };
  const watching: typeof globalThis.fetch = async (input, init) => {
    state.pending++;
    if (++state.started === nth) at();
    try {
      return await fetch(input, init);
    } finally {
      state.pending--;
    }
  };
  return { state, fetch: watching };
}

const project = { files: { "package.json": '{ "dependencies": { "p0": "1" } }' } };
const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

test("a cancelled resolution rejects with the signal's reason and stops", async () => {
  const control = new AbortController();
  const reason = { my: "reason" };
  const registry = fakeRegistry(chain(20), { latency: 1 });
  const { state, fetch } = watched(registry.fetch, 5, () => control.abort(reason));
  const installer = await createInstaller({ registry: registry.url, fetch });
  await expect(installer.resolve(project, { signal: control.signal })).rejects.toBe(reason);
  await settled();
  expect(state).toEqual({ started: 5, pending: 0 });
  const again = await installer.resolve(project);
  expect(again.tree.nodes).toHaveLength(21);
  installer.dispose();
});

test("no request is made if the signal is aborted beforehand", async () => {
  const registry = fakeRegistry(chain(1));
  const installer = await createInstaller({ registry: registry.url, fetch: registry.fetch });
  const reason = new Error("never mind");
  await expect(installer.resolve(project, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(registry.log).toEqual([]);
  installer.dispose();
});

test("dispose ends running resolutions with EDISPOSED, and no new one can start", async () => {
  const registry = fakeRegistry(chain(20), { latency: 1 });
  const { state, fetch } = watched(registry.fetch, 3, () => installer.dispose());
  const installer = await createInstaller({ registry: registry.url, fetch });
  await expect(installer.resolve(project)).rejects.toMatchObject({ code: "EDISPOSED" });
  await settled();
  expect(state).toEqual({ started: 3, pending: 0 });
  await expect(installer.resolve(project)).rejects.toMatchObject({ code: "EDISPOSED" });
  expect(state.started).toBe(3);
});

test("cancelling one of two simultaneous resolutions does not stop the other", async () => {
  const control = new AbortController();
  const registry = fakeRegistry(chain(10), { latency: 1 });
  const { fetch } = watched(registry.fetch, 6, () => control.abort("enough"));
  const installer = await createInstaller({ registry: registry.url, fetch });
  const [one, two] = await Promise.allSettled([
    installer.resolve(project, { signal: control.signal }),
    installer.resolve(project),
  ]);
  expect(one).toEqual({ status: "rejected", reason: "enough" });
  expect(two.status === "fulfilled" && two.value.tree.nodes.length).toBe(11);
  installer.dispose();
});

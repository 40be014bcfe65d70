import { expect, test } from "vitest";
import { fail, failure } from "../../src/errors/failure.ts";
import { Preload } from "../../src/registry/preload.ts";
import { RangeTable } from "../../src/spec/version-range.ts";
import { createInstaller } from "../../web/index.ts";
import { LatePreload } from "../../workers/run/late-preload.ts";
import { fakeRegistry } from "../support/fake-registry.ts";

test("starts only one preload, even if its first request reports a fetch", async () => {
  let made = 0;
  const preload: LatePreload = new LatePreload(async () => {
    made++;
    const packument = async (name: string) => {
      preload.start();
      return fail(failure("E404", name));
    };
    const policy = () => ({ ranges: new RangeTable() });
    const ahead = new Preload(
      { packument },
      { policy, overrides: new Map(), known: new Set(), peers: true, optionalPeers: true },
    );
    ahead.start({ dependencies: Object.fromEntries(["a", "b", "c"].map((name) => [name, "1"])) });
    return ahead;
  });
  preload.start();
  await preload.quiet();
  expect(made).toBe(1);
});

test("a thousand direct dependencies make a thousand requests and no deep stack", async () => {
  const names = Array.from({ length: 1000 }, (_, at) => `p${at}`);
  const registry = fakeRegistry(Object.fromEntries(names.map((name) => [`${name}@1.0.0`, {}])));
  const installer = await createInstaller({ mode: "inline", fetch: registry.fetch, cache: "none" });
  const dependencies = Object.fromEntries(names.map((name) => [name, "1"]));
  const { stats } = await installer.resolve({ files: { "package.json": JSON.stringify({ dependencies }) } });
  expect([stats.nodes, registry.log.length]).toEqual([1000, 1000]);
});

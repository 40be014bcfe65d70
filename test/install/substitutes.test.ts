import { describe, expect, test } from "vitest";
import { WASM_PLATFORM } from "../../src/install/plan.ts";
import { SUBSTITUTES, withSubstitutes } from "../../src/install/substitutes.ts";
import { fakeRegistry } from "../support/fake-registry.ts";
import { planFromLock } from "../support/plan-from-lock.ts";
import { resolveIn } from "../support/tree.ts";
import { lockOf } from "./plan-answers.ts";

const substituted = (manifest: object, table: Readonly<Record<string, string>> = SUBSTITUTES, lock?: string) => {
  const { text, substitutes } = withSubstitutes(JSON.stringify(manifest), table, lock);
  return { manifest: JSON.parse(text), substitutes };
};
const TABLE = { esbuild: "npm:esbuild-wasm" };

describe("changes of package.json", () => {
  test("a direct dependency is rewritten, and the rest of the tree refers to it", () => {
    const { manifest, substitutes } = substituted({ devDependencies: { esbuild: "^0.25.0" } }, TABLE);
    expect(manifest.devDependencies).toEqual({ esbuild: "npm:esbuild-wasm@^0.25.0" });
    expect(manifest.overrides).toEqual({ esbuild: "$esbuild" });
    expect(substitutes).toEqual({ esbuild: "npm:esbuild-wasm@^0.25.0" });
  });

  test("without a lock, a package that only dependencies need gets any version of its substitute", () => {
    const { manifest, substitutes } = substituted({ dependencies: { vite: "7" } }, TABLE);
    expect(manifest).toEqual({ dependencies: { vite: "7" }, overrides: { esbuild: "npm:esbuild-wasm@*" } });
    expect(substitutes).toEqual({ esbuild: "npm:esbuild-wasm@*" });
  });

  test("with a lock, each version gets an override of its own", () => {
    const lock = lockOf({
      "node_modules/esbuild": { version: "0.9.0" },
      "node_modules/a/node_modules/esbuild": { version: "0.25.1" },
      "node_modules/nick": { name: "esbuild", version: "0.10.0" },
    });
    const { manifest } = substituted({ dependencies: { esbuild: "^0.25.0" } }, TABLE, lock);
    expect(Object.entries(manifest.overrides)).toEqual([
      ["esbuild@0.25.1", "$esbuild"],
      ["esbuild@0.10.0", "npm:esbuild-wasm@0.10.0"],
      ["esbuild@0.9.0", "npm:esbuild-wasm@0.9.0"],
    ]);
  });

  test("a package that is not in the lock is not replaced", () => {
    const text = `{ "dependencies": {"a":"1"} }`;
    const lockText = lockOf({ "node_modules/a": {} });
    expect(withSubstitutes(text, SUBSTITUTES, lockText)).toEqual({ text, lockText, substitutes: {} });
  });

  test("the replaced packages are removed from the lock, and a second run changes nothing", () => {
    const lock = lockOf({
      "node_modules/a": { version: "1.0.0" },
      "node_modules/esbuild": { version: "0.25.1" },
      "node_modules/esbuild/node_modules/b": { version: "1.0.0" },
      "node_modules/esbuild-x": { version: "1.0.0" },
    });
    const { lockText = "" } = withSubstitutes("{}", TABLE, lock);
    expect(Object.keys(JSON.parse(lockText).packages)).toEqual(["", "node_modules/a", "node_modules/esbuild-x"]);
    const after = lockOf({ "node_modules/esbuild": { name: "esbuild-wasm", version: "0.25.1" } });
    const again = withSubstitutes("{}", TABLE, after);
    expect(again.lockText).toBe(after);
    expect(again.substitutes).toEqual({ esbuild: "npm:esbuild-wasm@0.25.1" });
  });

  test("a lock of version 1 counts as no lock", () => {
    const { manifest } = substituted({}, TABLE, `{"lockfileVersion":1,"dependencies":{}}`);
    expect(manifest.overrides).toEqual({ esbuild: "npm:esbuild-wasm@*" });
  });

  test("the project's own overrides and sources stay", () => {
    for (const own of [
      { overrides: { esbuild: "0.1.0" } },
      { overrides: { "esbuild@1": "0.1.0" } },
      { dependencies: { esbuild: "npm:other@1" } },
      { dependencies: { esbuild: "file:../esbuild" } },
      { dependencies: { esbuild: "https://example.test/esbuild.tgz" } },
      { dependencies: { esbuild: "github:evanw/esbuild" } },
    ]) {
      expect(substituted(own, TABLE)).toEqual({ manifest: own, substitutes: {} });
    }
  });

  test("other overrides and the layout stay", () => {
    const text = `{\r\n\t"overrides": {\r\n\t\t"a": "1"\r\n\t}\r\n}\r\n`;
    const expected = text.replace(`"a": "1"`, `"a": "1",\r\n\t\t"esbuild": "npm:esbuild-wasm@*"`);
    expect(withSubstitutes(text, TABLE).text).toBe(expected);
  });

  test("a table may have ranges, and its names are checked", () => {
    const { manifest } = substituted({ dependencies: { "node-sass": "4" } }, { "node-sass": "sass@^1" });
    expect(manifest.dependencies).toEqual({ "node-sass": "npm:sass@^1" });
    expect(() => withSubstitutes("{}", { a: "npm:../b" })).toThrow(/Invalid package name/);
  });
});

describe("the resolved tree", () => {
  const registry = fakeRegistry({
    "esbuild@0.25.0": {},
    "esbuild@0.21.5": {},
    "esbuild-wasm@0.21.5": { bin: { esbuild: "bin/esbuild" } },
    "esbuild-wasm@0.25.0": { bin: { esbuild: "bin/esbuild" } },
    "vite@7.0.0": { esbuild: "^0.25.0" },
    "vitest@1.0.0": { esbuild: "^0.21.0" },
  });
  const stands = async (manifest: object, lock?: string): Promise<string[]> => {
    const { text, lockText } = withSubstitutes(JSON.stringify(manifest), TABLE, lock);
    const files = { "package.json": text };
    const { tree } = await resolveIn(
      registry,
      lockText === undefined ? files : { ...files, "package-lock.json": lockText },
    );
    return tree.nodes.map(({ location, packageName, version }) => `${location} ${packageName}@${version}`);
  };

  test("a direct and an indirect dependency share one substitute", async () => {
    const manifest = { dependencies: { vite: "7" }, devDependencies: { esbuild: "^0.25.0" } };
    expect(await stands(manifest)).toEqual([
      "node_modules/esbuild esbuild-wasm@0.25.0",
      "node_modules/vite vite@7.0.0",
    ]);
  });

  test("with the old lock, each dependent keeps its version", async () => {
    const manifest = { dependencies: { vite: "7", vitest: "1" } };
    const before = await resolveIn(registry, { "package.json": JSON.stringify(manifest) });
    expect(await stands(manifest, before.files["package-lock.json"])).toEqual([
      "node_modules/esbuild esbuild-wasm@0.25.0",
      "node_modules/vite vite@7.0.0",
      "node_modules/vitest vitest@1.0.0",
      "node_modules/vitest/node_modules/esbuild esbuild-wasm@0.21.5",
    ]);
  });
});

test("the wasm platform fits WebAssembly builds and no native ones", () => {
  const from = (name: string, needs: object) => ({
    [`node_modules/${name}`]: {
      version: "1.0.0",
      resolved: `http://registry.local/${name}.tgz`,
      optional: true,
      ...needs,
    },
  });
  const lock = lockOf({
    ...from("wasm", { cpu: ["wasm32"] }),
    ...from("gnu", { os: ["linux"], cpu: ["x64"], libc: ["glibc"] }),
    ...from("any-cpu-musl", { os: ["linux"], libc: ["musl"] }),
    ...from("mac", { os: ["darwin"] }),
    ...from("arm", { cpu: ["arm64", "x64"] }),
    ...from("unix", { os: ["!win32"] }),
  });
  const { packages } = planFromLock(lock, { platform: WASM_PLATFORM });
  expect(packages.map(({ name }) => name)).toEqual(["unix", "wasm"]);
});

import { expect, test } from "vitest";
import type { MetadataForm, Resolution, ResolveOptions } from "../../src/api/resolve.ts";
import { createInstaller } from "../../web/index.ts";
import { PLATFORM } from "../conformance/recorded.ts";
import { type FakeOptions, type FakeRegistry, fakeRegistry } from "../support/fake-registry.ts";
import { entriesOf, warned } from "../support/outcome.ts";

const fullRegistry = (options?: FakeOptions): FakeRegistry =>
  fakeRegistry(
    {
      "a@1.0.0": { license: "MIT", dependencies: { "@s/b": "1", old: "npm:c@1" } },
      "@s/b@1.0.0": { license: { type: "ISC" } },
      "c@1.0.0": { license: "Apache-2.0", libc: ["glibc"], os: ["linux"] },
      "c@2.0.0": {},
    },
    options,
  );
const MANIFEST = '{\n  "dependencies": {\n    "a": "1",\n    "c": "2"\n  }\n}\n';

async function resolve(
  { url, fetch }: FakeRegistry,
  metadata: MetadataForm,
  options: ResolveOptions = {},
): Promise<Resolution> {
  const installer = await createInstaller({ registry: url, fetch, metadata, platform: PLATFORM, retries: 0 });
  try {
    return await installer.resolve({ files: { "package.json": MANIFEST }, name: "project" }, options);
  } finally {
    installer.dispose();
  }
}

test("a lock from abbreviated metadata lacks only license and libc", async () => {
  const full = await resolve(fullRegistry(), "full");
  const short = await resolve(fullRegistry(), "abbreviated");
  expect(entriesOf(full).get("node_modules/old")).toMatchObject({ license: "Apache-2.0", libc: ["glibc"] });
  const less = [...entriesOf(full)].map(([at, { license: _, libc: __, ...rest }]) => [at, rest]);
  expect([...entriesOf(short)]).toEqual(less);
});

test("completeLockfile requests one manifest for each placed package, and writes the same bytes as full metadata", async () => {
  const registry = fullRegistry();
  const complete = await resolve(registry, "abbreviated", { completeLockfile: true });
  expect(complete.files).toEqual((await resolve(fullRegistry(), "full")).files);
  expect(complete.warnings).toEqual([]);
  const manifests = registry.log.map(({ path }) => path).filter((path) => /\/\d/.test(path));
  expect(manifests.sort()).toEqual(["@s/b/1.0.0", "a/1.0.0", "c/1.0.0", "c/2.0.0"]);
});

test("completeLockfile makes no requests if the metadata is full", async () => {
  const registry = fullRegistry();
  await resolve(registry, "full", { completeLockfile: true });
  expect(registry.log.map(({ path }) => path).sort()).toEqual(["@s/b", "a", "c"]);
});

test("a manifest that cannot be fetched is a warning, and the other entries are completed", async () => {
  const resolution = await resolve(fullRegistry({ faults: [{ path: "a/1.0.0", status: 404 }] }), "abbreviated", {
    completeLockfile: true,
  });
  expect(warned(resolution)).toEqual(["EINCOMPLETELOCK a"]);
  const licenses = [...entriesOf(resolution)].slice(1).map(([at, { license }]) => [at, license]);
  expect(licenses).toEqual([
    ["node_modules/@s/b", "ISC"],
    ["node_modules/a", undefined],
    ["node_modules/c", undefined],
    ["node_modules/old", "Apache-2.0"],
  ]);
});

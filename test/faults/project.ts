import { packument, type TestPackage, tarballPath, testPackage } from "../install/packages.ts";
import { type MemoryRegistry, memoryRegistry } from "../support/registry/memory-fetch.ts";
import { inlineSnapshot, PLACEHOLDER } from "../support/registry/snapshot.ts";
import { noise } from "../tarball/bad-tarballs.ts";

// A small project with one of each: a scoped package, an optional one, a command, a bundled dependency, a nested version, and an
// update that keeps, replaces, adds and removes packages.

const PACKAGES: readonly TestPackage[] = [
  testPackage("stays@1.0.0", { dependencies: { deep: "^1.0.0" } }, { "lib/stays.js": "stays" }),
  testPackage("deep@1.0.0", {}, { "deep.js": "one" }),
  testPackage("deep@2.0.0", {}, { "deep.js": "two" }),
  testPackage("changes@1.0.0", {}, { "old.js": "old" }),
  testPackage("changes@2.0.0", { dependencies: { deep: "^2.0.0" } }, { "new.js": "new", "noise.bin": noise(150_000) }),
  testPackage("@scope/tool@1.0.0", { bin: { tool: "cli.js" } }, { "+x cli.js": "#!/bin/sh\n" }),
  testPackage("goes@1.0.0", {}, { "gone.js": "gone" }),
  testPackage(
    "bundles@1.0.0",
    { dependencies: { inside: "^1.0.0" }, bundleDependencies: ["inside"] },
    {
      "node_modules/inside/package.json": JSON.stringify({ name: "inside", version: "1.0.0" }),
      "node_modules/inside/index.js": "inside",
    },
  ),
  testPackage("maybe@1.0.0", {}, { "maybe.js": "maybe" }),
];

/** @param missing the name of a package that the registry does not have */
export function projectRegistry(missing?: string): MemoryRegistry {
  const names = [...new Set(PACKAGES.map(({ name }) => name))].filter((name) => name !== missing);
  const documents = names.map(
    (name) =>
      [
        name,
        packument(
          PACKAGES.filter((one) => one.name === name),
          PLACEHOLDER,
        ),
      ] as const,
  );
  const tarballs = PACKAGES.map((one) => [tarballPath(one), one.bytes] as const);
  return memoryRegistry(inlineSnapshot(Object.fromEntries(documents), Object.fromEntries(tarballs)));
}

const project = (fields: object): Record<string, string> => ({
  "package.json": JSON.stringify({ name: "project", version: "1.0.0", ...fields }),
});

/** The optional package of the update. */
export const OPTIONAL = "maybe";

/** The project before and after the update. */
export const BEFORE: Record<string, string> = project({
  dependencies: { stays: "^1.0.0", changes: "^1.0.0", goes: "^1.0.0", "@scope/tool": "^1.0.0" },
});
export const AFTER: Record<string, string> = project({
  dependencies: { stays: "^1.0.0", changes: "^2.0.0", "@scope/tool": "^1.0.0", bundles: "^1.0.0" },
  optionalDependencies: { [OPTIONAL]: "^1.0.0" },
});

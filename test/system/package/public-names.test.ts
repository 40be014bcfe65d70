import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import type { InstallProgress } from "../../../src/api/install.ts";
import type { Installer, InstallerOptions, Progress, ResolveOptions } from "../../../src/api/resolve.ts";
import * as sources from "../../../web/index.ts";
import { fakeTarball } from "../../support/tarball.ts";
import { packed } from "./packed.ts";
import { serveRegistry } from "./servers.ts";
import { PACKAGE_JSON } from "./small-project.ts";

type Library = Pick<typeof sources, "createInstaller" | "InstallError">;

/** Returns the member names of a value, at every depth. Values without members are replaced by their types. */
function shapeOf(value: unknown, depth = 12): unknown {
  if (typeof value === "function") return "function";
  if (value === null || typeof value !== "object" || value instanceof Date || ArrayBuffer.isView(value))
    return typeof value;
  if (depth === 0) return "…";
  if (value instanceof Map) return { Map: shapeOf([...value.values()], depth - 1) };
  if (Array.isArray(value)) {
    const shapes = new Map(
      value.map((each) => shapeOf(each, depth - 1)).map((shape) => [JSON.stringify(shape), shape]),
    );
    return [...shapes.keys()].sort().map((key) => shapes.get(key));
  }
  const names = new Set(Object.keys(value));
  for (
    let at: object | null = Object.getPrototypeOf(value);
    at && at !== Object.prototype;
    at = Object.getPrototypeOf(at)
  ) {
    for (const name of Object.getOwnPropertyNames(at)) if (name !== "constructor") names.add(name);
  }
  const members = value as Record<string, unknown>;
  return Object.fromEntries([...names].sort().map((name) => [name, shapeOf(members[name], depth - 1)]));
}

const withDependencies = (dependencies: Record<string, string>): string =>
  JSON.stringify({ name: "app", version: "1.0.0", dependencies });

const FAILING: readonly [packageJson: string, options: ResolveOptions][] = [
  [withDependencies({ p: "1.0.3", b: "^1.0.0" }), {}],
  [withDependencies({ p: "1.0.3", b: "^1.0.0" }), { strategy: "flat" }],
  [withDependencies({ a: "^9.0.0" }), {}],
  [withDependencies({ nowhere: "1" }), {}],
  [withDependencies({ a: "github:user/repo" }), {}],
  ["{ oops", {}],
  [PACKAGE_JSON, { before: "soon" }],
];

/** Makes resolutions, an install and failures. Returns the shapes of everything that an embedder sees. */
async function publicData(
  { createInstaller, InstallError }: Library,
  registry: string,
): Promise<Record<string, unknown>> {
  const progress: Progress[] = [];
  const options: InstallerOptions = {
    registry,
    mode: "inline",
    cache: "none",
    onProgress: (now) => void progress.push(now),
  };
  const installer: Installer = await createInstaller(options);
  try {
    const files = { "package.json": PACKAGE_JSON };
    const resolution = await installer.resolve({ files });
    const old = await installer.resolve({ files }, { add: ["a@1.0.0"] });
    const forced = await installer.resolve({ files: { "package.json": FAILING[0]![0] } }, { force: true });
    const flat = await installer.resolve({ files }, { strategy: "flat", relax: "copies" });
    const steps: InstallProgress[] = [];
    const local = fakeTarball({ "package.json": { name: "t", version: "1.0.0", bin: "t.js" }, "t.js": "#!/bin/sh" });
    const project = await installer.install(
      { files: { "package.json": withDependencies({ t: "file:t.tgz" }), "t.tgz": local.bytes } },
      { onProgress: (now) => void steps.push(now) },
    );
    const failures: unknown[] = [];
    for (const [packageJson, given] of FAILING) {
      const error = await installer
        .resolve({ files: { "package.json": packageJson } }, given)
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(InstallError);
      failures.push({
        code: (error as InstanceType<typeof InstallError>).code,
        shape: shapeOf((error as { failure: unknown }).failure),
      });
    }
    return {
      exports: Object.keys(sources).sort(),
      installer: shapeOf(installer),
      resolutions: [resolution, old, forced, flat].map((each) => shapeOf(each, 8)),
      why: shapeOf(resolution.why("b")),
      diff: shapeOf(resolution.diff(JSON.stringify({ lockfileVersion: 3, packages: {} }))),
      progress: shapeOf(progress.slice(-1)),
      project: shapeOf(project, 5),
      stat: shapeOf(project.stat("node_modules/t/t.js")),
      steps: shapeOf(steps.slice(-1)),
      packument: shapeOf(await installer.packument("a")),
      failures,
    };
  } finally {
    installer.dispose();
  }
}

test("every member of public data has its documented name in the packed build", async () => {
  await using registry = await serveRegistry();
  const entry = pathToFileURL(join(packed().consumer, "node_modules/webhoist/dist/index.js")).href;
  const library = (await import(/* @vite-ignore */ entry)) as Library;
  expect(Object.keys(library).sort()).toEqual(Object.keys(sources).sort());
  const [documented, built] = [await publicData(sources, registry.base), await publicData(library, registry.base)];
  const text = JSON.stringify(documented);
  // Checks that the data has the members that the build could shorten.
  for (const name of [
    "isWorkspace",
    "whileInstalling",
    "peerConflict",
    "strictPeerDeps",
    "proof",
    "edgesOut",
    "requiredBy",
  ]) {
    expect(text).toContain(`"${name}"`);
  }
  expect(built).toEqual(documented);
});

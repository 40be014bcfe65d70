import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { InstalledProject } from "../../src/api/install.ts";
import { createInstaller } from "../../web/index.ts";
import { PLATFORM } from "../conformance/recorded.ts";
import { registryOf } from "../web/bundlers/install.ts";

type Manifest = Readonly<Record<"name" | "version", string>> &
  Partial<Readonly<Record<"dependencies" | "peerDependencies", Record<string, string>>>>;

/** The files of a package that a page could load. */
const SERVED = /(?:package\.json|\.(?:[cm]?js|json|css))$/;
/** For large packages, the files that a test needs. */
const PARTS: Readonly<Record<string, RegExp>> = {
  three: /^(?:package\.json|build\/three\.(?:core|module)\.js|examples\/jsm\/(?:math|controls)\/.*)$/,
  rxjs: /^(?:package\.json|dist\/esm5\/.*)$/,
  vue: /^(?:package\.json|index\.m?js|dist\/.*bundler\.js)$/,
  // Vue's compiler, which a page without templates never loads.
  "@vue/compiler-sfc": /^package\.json$/,
  "@vue/server-renderer": /^package\.json$/,
  "@babel/parser": /^package\.json$/,
  postcss: /^package\.json$/,
};

const MODULES = fileURLToPath(new URL("../../node_modules/", import.meta.url));

/** Returns an installed package of this repository as published, without its types. */
function publish(folder: string): [id: string, files: Record<string, unknown>] {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
  const files: Record<string, unknown> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = relative(folder, join(entry.parentPath, entry.name));
    if (!entry.isFile() || path.includes("node_modules") || !(PARTS[manifest.name] ?? SERVED).test(path)) continue;
    files[path] = readFileSync(join(folder, path), "utf8");
  }
  return [`${manifest.name}@${manifest.version}`, { ...files, "package.json": withoutTypes(manifest) }];
}

function withoutTypes(manifest: Manifest): Manifest {
  const peers = Object.entries(manifest.peerDependencies ?? {});
  return {
    ...manifest,
    peerDependencies: Object.fromEntries(
      peers.filter(([name]) => name !== "typescript" && !name.startsWith("@types/")),
    ),
  };
}

/** Returns packages and all their dependencies, with every copy that this repository has. */
function publishAll(names: readonly string[]): Record<string, Record<string, unknown>> {
  const packages: Record<string, Record<string, unknown>> = {};
  const visit = (name: string, from: string): void => {
    const nested = join(from, "node_modules", name);
    const folder = from && isThere(nested) ? nested : join(MODULES, name);
    const [id, files] = publish(folder);
    if (packages[id]) return;
    packages[id] = files;
    const { dependencies, peerDependencies } = files["package.json"] as Manifest;
    for (const needed of Object.keys({ ...dependencies, ...peerDependencies }))
      if (isThere(join(folder, "node_modules", needed)) || isThere(join(MODULES, needed))) visit(needed, folder);
  };
  for (const name of names) visit(name, "");
  return packages;
}

function isThere(folder: string): boolean {
  try {
    readFileSync(join(folder, "package.json"));
    return true;
  } catch {
    return false;
  }
}

/** Installs packages of this repository into a project, without a network. */
export async function installPublished(names: readonly string[]): Promise<InstalledProject> {
  const dependencies = Object.fromEntries(names.map((name) => [name, "*"]));
  return await installFiles(publishAll(names), { dependencies });
}

/** Installs packages that are given by their files: `{ "a@1.0.0": { "index.js": "export {}" } }`. */
export async function installFiles(
  packages: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  manifest: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, string>> = {},
): Promise<InstalledProject> {
  const { url, fetch } = registryOf(packages);
  const installer = await createInstaller({ registry: url, fetch, mode: "inline", platform: PLATFORM, retries: 0 });
  try {
    const files = { "package.json": JSON.stringify({ name: "project", ...manifest }), ...more };
    return await installer.install({ files });
  } finally {
    installer.dispose();
  }
}

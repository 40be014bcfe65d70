import type { InstalledProject } from "../../../src/api/install.ts";
import { createInstaller } from "../../../web/index.ts";
import { PLATFORM } from "../../conformance/recorded.ts";
import { type FakeRegistry, fakeRegistry } from "../../support/fake-registry.ts";
import { PLACEHOLDER } from "../../support/registry/snapshot.ts";
import { fakeTarball } from "../../support/tarball.ts";

/** Files by path: text, or a value to write as JSON. */
type Files = Readonly<Record<string, unknown>>;

/**
 * Returns a registry of packages that are given by their files: `{ "a@1.0.0": { "index.js": "" } }`. A package.json adds fields
 * to name and version. `origin` is the registry's address, with a trailing slash.
 */
export function registryOf(packages: Readonly<Record<string, Files>>, origin = PLACEHOLDER): FakeRegistry {
  const tarballs: Record<string, Uint8Array> = {};
  const manifests: Record<string, Readonly<Record<string, unknown>>> = {};
  for (const [id, files] of Object.entries(packages)) {
    const at = id.lastIndexOf("@");
    const [name, version] = [id.slice(0, at), id.slice(at + 1)];
    const manifest = { ...(files["package.json"] as object | undefined), name, version };
    const { bytes, integrity } = fakeTarball({ ...files, "package.json": manifest });
    const path = `${name}/-/${name.split("/").pop()}-${version}.tgz`;
    tarballs[path] = bytes;
    manifests[id] = { ...manifest, dist: { tarball: `${PLACEHOLDER}${path}`, integrity } };
  }
  return fakeRegistry(manifests, { tarballs, origin });
}

/** Installs packages, all of them dependencies of the project. `more` are files of the project. */
export async function installed(
  packages: Readonly<Record<string, Files>>,
  more: Readonly<Record<string, string>> = {},
): Promise<InstalledProject> {
  const { url, fetch } = registryOf(packages);
  const dependencies = Object.fromEntries(
    Object.keys(packages).map((id) => [id.slice(0, id.lastIndexOf("@")), id.slice(id.lastIndexOf("@") + 1)]),
  );
  const installer = await createInstaller({ registry: url, fetch, mode: "inline", platform: PLATFORM, retries: 0 });
  try {
    const files = { "package.json": JSON.stringify({ name: "project", dependencies }), ...more };
    const project = await installer.install({ files });
    await project.load();
    return project;
  } finally {
    installer.dispose();
  }
}

import { gzip, sri } from "../tarball/gzip.ts";
import { type TarPart, tar } from "../tarball/tar-writer.ts";

// Runs in Node and in a page.

/** A package with its tarball. The same package always has the same bytes. */
export interface TestPackage {
  readonly name: string;
  readonly version: string;
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** sha512 SRI. */
  readonly integrity: string;
}

/** Files by path. `+x ` before a path makes the file executable in the tarball. */
export type Contents = Readonly<Record<string, string | Uint8Array>>;

/** Makes a package. @param id `name@version` */
export function testPackage(id: string, fields: Record<string, unknown> = {}, files: Contents = {}): TestPackage {
  const cut = id.lastIndexOf("@");
  const [name, version] = [id.slice(0, cut), id.slice(cut + 1)];
  const manifest = { name, version, ...fields };
  const own = { "package.json": JSON.stringify(manifest), "index.js": `module.exports = "${id}";\n`, ...files };
  const parts = Object.entries(own).map(([path, body]): TarPart => {
    const runs = path.startsWith("+x ");
    return { name: `package/${runs ? path.slice(3) : path}`, body, mode: runs ? "0000755\0" : "0000644\0" };
  });
  const bytes = gzip(tar(parts));
  return { name, version, manifest, bytes, integrity: sri(bytes) };
}

/** Returns the path of a package's tarball in its registry. */
export function tarballPath({ name, version }: Pick<TestPackage, "name" | "version">): string {
  return `${name}/-/${name.split("/").at(-1)}-${version}.tgz`;
}

/** A package's document. @param registry base URL, with a trailing slash */
export function packument(versions: readonly TestPackage[], registry: string): Record<string, unknown> {
  const made = versions.map((one) => {
    const dist = { tarball: registry + tarballPath(one), integrity: one.integrity };
    return [one.version, { ...one.manifest, dist }] as const;
  });
  const { name, version } = versions.at(-1) as TestPackage;
  return { name, "dist-tags": { latest: version }, versions: Object.fromEntries(made) };
}

/** An entry of a lock. */
export interface LockEntry extends Record<string, unknown> {
  version: string;
  resolved?: string;
  integrity?: string | undefined;
}

export function lockEntry(one: TestPackage, registry: string, more: Record<string, unknown> = {}): LockEntry {
  const { bin, dependencies, optionalDependencies, os, cpu, libc, bundleDependencies, scripts } = one.manifest;
  const own = { bin, dependencies, optionalDependencies, os, cpu, libc, bundleDependencies };
  const { version, integrity } = one;
  const hasInstallScript = /install/.test(Object.keys(scripts ?? {}).join()) || undefined;
  const resolved = registry + tarballPath(one);
  return JSON.parse(JSON.stringify({ version, resolved, integrity, ...own, hasInstallScript, ...more })) as LockEntry;
}

/** Writes a lock. The project depends on the packages directly in its `node_modules`. */
export function lockOf(entries: Readonly<Record<string, LockEntry>>): string {
  const direct = Object.entries(entries).filter(([at]) => at.lastIndexOf("node_modules/") === 0);
  const named = (wanted: boolean): Record<string, string> =>
    Object.fromEntries(
      direct
        .filter(([, { optional }]) => (optional === true) === wanted)
        .map(([at, { version }]) => [at.slice("node_modules/".length), version]),
    );
  const root = { name: "project", version: "1.0.0", dependencies: named(false), optionalDependencies: named(true) };
  const packages = { "": root, ...entries };
  return `${JSON.stringify({ name: "project", version: "1.0.0", lockfileVersion: 3, requires: true, packages }, null, 2)}\n`;
}

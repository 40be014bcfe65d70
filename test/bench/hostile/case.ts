import { createHash } from "node:crypto";
import type { InstalledProject } from "../../../src/api/install.ts";
import type { ProjectInput, ResolveOptions } from "../../../src/api/resolve.ts";
import { createInstaller } from "../../../web/index.ts";

/** The measured part of a case. Its result does not matter. */
export type HostileWork = (signal: AbortSignal) => Promise<unknown>;

/** A hostile input. */
export interface HostileCase {
  /** The parser or phase that it strains. */
  readonly group: string;
  readonly title: string;
  /** Makes the input, which is not measured. */
  prepare(): HostileWork | Promise<HostileWork>;
}

export const REGISTRY = "http://registry.local/";
/** A sha512 integrity that no tarball of a case has. */
export const INTEGRITY: string = `sha512-${"A".repeat(86)}==`;

export type Json = Record<string, unknown>;
/** Manifests by version, without name, version and dist. */
export type Versions = Readonly<Record<string, object>>;

export const range = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

/** Returns an object with `count` members. */
export const members = (count: number, entry: (at: number) => readonly [string, unknown]): Json =>
  Object.fromEntries(range(count).map(entry));

/** Returns JSON text that is nested `levels` deep: `nested(2, "[", "1", "]")` is `[[1]]`. */
export const nested = (levels: number, open: string, inner: string, close: string): string =>
  open.repeat(levels) + inner + close.repeat(levels);

/** Returns a packument's text. */
export function packument(name: string, versions: Versions, more: object = {}): string {
  const ids = Object.keys(versions);
  const tarball = (version: string): string => `${REGISTRY}${name}/-/${name}-${version}.tgz`;
  return JSON.stringify({
    name,
    "dist-tags": { latest: ids.at(-1) },
    versions: Object.fromEntries(
      ids.map((version) => [
        version,
        { name, version, dist: { tarball: tarball(version), integrity: INTEGRITY }, ...versions[version] },
      ]),
    ),
    ...more,
  });
}

const encoder = new TextEncoder();

/** Returns a body that arrives in chunks of 64 KiB, as from a network. */
function inChunks(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      if (at > 0) await new Promise((resolve) => setImmediate(resolve));
      const from = at;
      at += 65_536;
      if (from >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(from, at));
    },
  });
}

/** Returns a `fetch` that knows some documents by package, and answers with an empty package for all other names. */
export function fetchOf(documents: Readonly<Record<string, string>> = {}): typeof globalThis.fetch {
  const bodies = new Map(Object.entries(documents).map(([name, text]) => [name, encoder.encode(text)]));
  return async (input) => {
    // An answer of a network comes in a turn of its own.
    await new Promise((resolve) => setImmediate(resolve));
    const name = decodeURIComponent(new URL(String(input instanceof Request ? input.url : input)).pathname.slice(1));
    return new Response(inChunks(bodies.get(name) ?? encoder.encode(packument(name, { "1.0.0": {} }))));
  };
}

/** Returns the resolution of a project on this thread, as in a page without workers. */
export async function resolving(
  files: ProjectInput["files"],
  documents: Readonly<Record<string, string>> = {},
  options: ResolveOptions = {},
): Promise<HostileWork> {
  const installer = await createInstaller({
    registry: REGISTRY,
    fetch: fetchOf(documents),
    mode: "inline",
    cache: "none",
    retries: 0,
    ...(options.before ? { metadata: "full" } : {}),
  });
  return async (signal) => await installer.resolve({ files }, { ...options, signal });
}

/** As {@link resolving}, with a project whose package.json has these fields. */
export const resolvingProject = (
  manifest: object,
  documents?: Readonly<Record<string, string>>,
  options?: ResolveOptions,
): Promise<HostileWork> => resolving({ "package.json": JSON.stringify(manifest) }, documents, options);

/** Returns the installation of one package from its tarball, on this thread. */
export async function installing(tarball: Uint8Array): Promise<(signal?: AbortSignal) => Promise<InstalledProject>> {
  const installer = await createInstaller({
    registry: REGISTRY,
    fetch: async () => new Response(tarball.slice()),
    mode: "inline",
    cache: "none",
    retries: 0,
  });
  const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
  const entry = { version: "1.0.0", resolved: `${REGISTRY}a/-/a-1.0.0.tgz`, integrity };
  const root = { name: "project", dependencies: { a: "1.0.0" } };
  const lock = JSON.stringify({ lockfileVersion: 3, packages: { "": root, "node_modules/a": entry } });
  const files = { "package.json": JSON.stringify(root), "package-lock.json": lock };
  return async (signal) => await installer.install({ files }, signal ? { signal } : {});
}

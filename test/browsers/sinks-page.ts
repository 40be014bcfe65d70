import { unzipSync } from "fflate";
import { concat } from "../../src/base/concat.ts";
import { runToEnd } from "../../src/base/run-to-end.ts";
import { untar } from "../../src/tarball/untar.ts";
import { createInstaller } from "../../web/index.ts";
import { createOpfsSink, createTarSink, createZipSink } from "../../web/sinks.ts";
import { hashOf, type Listing, listFolder } from "../install/listing.ts";
import { PROJECTS } from "../install/projects.ts";
import type { RealMode } from "../install/stage.ts";

// Runs in Node and in a page.

/** A small project, and npm's lock of it at the registry. */
export interface SinkTrial {
  mode: RealMode;
  registry: string;
  name: string;
  lock: string;
}

async function read(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) chunks.push(next.value);
  return concat(chunks);
}

async function hashesOf(entries: Iterable<readonly [string, Uint8Array]>): Promise<Listing> {
  const listing: Listing = {};
  for (const [path, bytes] of entries) listing[path] = await hashOf(bytes);
  return listing;
}

/** Lists the files of a tar archive, without its links. */
function filesOf(archive: Uint8Array): [string, Uint8Array][] {
  const listed = runToEnd(untar(archive));
  if (!listed.ok) throw new Error(listed.failure.message);
  return listed.value.files.map(({ path, start, size }) => [path, archive.subarray(start, start + size)]);
}

/** Installs a project into a zip and into a tar archive. Returns their files. */
export async function installArchives(given: SinkTrial): Promise<{ zip: Listing; tar: Listing }> {
  const { mode, registry, name, lock } = given;
  const files = PROJECTS[name]?.files ?? {};
  const installer = await createInstaller({ mode, registry });
  const packed = async (sink: ReturnType<typeof createZipSink>): Promise<Uint8Array> => {
    const [bytes, project] = await Promise.all([read(sink.stream), installer.install(lock, { sink, files })]);
    project.dispose();
    return bytes;
  };
  const zip = await hashesOf(Object.entries(unzipSync(await packed(createZipSink()))));
  const tar = await hashesOf(filesOf(await packed(createTarSink())));
  installer.dispose();
  return { zip, tar };
}

/** Installs a project into the origin-private file system, twice. Returns what it has, and how many packages the second install wrote. */
export async function installFiles({
  mode,
  registry,
  name,
  lock,
}: SinkTrial): Promise<{ listing: Listing; added: number }> {
  const files = PROJECTS[name]?.files ?? {};
  const installer = await createInstaller({ mode, registry });
  const folder = await navigator.storage.getDirectory();
  (await installer.install(lock, { sink: createOpfsSink(folder), files })).dispose();
  const again = await installer.install(lock, { sink: createOpfsSink(folder), files });
  const added = again.report.added.length;
  installer.dispose();
  return { listing: await listFolder(folder), added };
}

import { expect, test } from "vitest";
import { createOpfsSink } from "../../web/sinks/opfs-sink.ts";
import { describeSink } from "./behaviour.ts";
import type { Order } from "./opfs-worker.ts";
import type { Place } from "./places.ts";
import { install, type Listing, listingOf, pack, type TestTree } from "./trees.ts";

type Folder = FileSystemDirectoryHandle;

let places = 0;

async function newFolder(): Promise<[Folder, string]> {
  const root = await navigator.storage.getDirectory();
  const name = `sink-${Date.now()}-${places++}`;
  return [await root.getDirectoryHandle(name, { create: true }), name];
}

async function dispose(name: string): Promise<void> {
  await (await navigator.storage.getDirectory()).removeEntry(name, { recursive: true });
}

async function show(folder: Folder, above = "", listing: Listing = {}): Promise<Listing> {
  for await (const [name, entry] of folder.entries()) {
    const path = above + name;
    if (entry.kind === "directory") await show(entry as Folder, `${path}/`, listing);
    else if (path !== "node_modules/.webhoist.json")
      listing[path] = await (await (entry as FileSystemFileHandle).getFile()).text();
  }
  return listing;
}

async function walk(folder: Folder, path: string): Promise<[Folder, string]> {
  const parts = path.split("/");
  let at = folder;
  for (const part of parts.slice(0, -1)) at = await at.getDirectoryHandle(part, { create: true });
  return [at, parts.at(-1)!];
}

async function put(root: Folder, path: string, text: string): Promise<void> {
  const [folder, name] = await walk(root, path);
  const writable = await (await folder.getFileHandle(name, { create: true })).createWritable();
  await writable.write(text);
  await writable.close();
}

async function place(): Promise<Place> {
  const [directory, folderName] = await newFolder();
  return {
    sink: createOpfsSink(directory),
    modes: false,
    links: false,
    show: () => show(directory),
    put: (path, text) => put(directory, path, text),
    async remove(path) {
      const [folder, name] = await walk(directory, path);
      await folder.removeEntry(name, { recursive: true });
    },
    dispose: () => dispose(folderName),
  };
}

describeSink("the origin-private file system, from a page", place);

const one: TestTree = {
  packages: { "node_modules/a": pack("1.0.0", { "lib/a.js": "a" }), "node_modules/b": pack("1.0.0") },
  links: { "node_modules/.bin/a": "node_modules/a/lib/a.js" },
};
const other: TestTree = {
  packages: { "node_modules/a": one.packages["node_modules/a"]!, "node_modules/c": pack("1.0.0") },
};

function ask(order: Order): Promise<string> {
  const worker = new Worker(new URL("./opfs-worker.ts", import.meta.url), { type: "module" });
  return new Promise<string>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<string>) => resolve(data);
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(order);
  }).finally(() => worker.terminate());
}

test("written in a worker, continued on a page", async () => {
  const [directory, folder] = await newFolder();
  expect(await ask({ folder, trees: [one, other] })).toBe("done");
  expect(await show(directory)).toEqual(listingOf(other, { modes: false, links: false }));
  expect(await install(createOpfsSink(directory), one)).toEqual(["node_modules/a"]);
  expect(await show(directory)).toEqual(listingOf(one, { modes: false, links: false }));
  await dispose(folder);
});

test("links are listed in the state file", async () => {
  const [directory, folder] = await newFolder();
  await install(createOpfsSink(directory), one);
  const modules = await directory.getDirectoryHandle("node_modules");
  const state = await (await (await modules.getFileHandle(".webhoist.json")).getFile()).text();
  expect(JSON.parse(state).links).toEqual(one.links);
  await dispose(folder);
});

test("a second tab gets ESINKBUSY", async () => {
  const [directory, folder] = await newFolder();
  const session = await createOpfsSink(directory).open();
  expect(await ask({ folder, trees: [one] })).toBe("ESINKBUSY");
  await session.abort();
  expect(await ask({ folder, trees: [one] })).toBe("done");
  await dispose(folder);
});

test("the next page finishes the change of a closed one", async () => {
  const [directory, folder] = await newFolder();
  await install(createOpfsSink(directory), one);
  // The state after the journal is written, and a part of the change is done.
  await put(directory, ".webhoist-install/new/node_modules/c/index.js", "c");
  await put(directory, ".webhoist-install/journal.json", '{"roots":["node_modules"],"stay":["node_modules/a"]}');
  await (await createOpfsSink(directory).open()).abort();
  const a = listingOf(
    { packages: { "node_modules/a": one.packages["node_modules/a"]! } },
    { modes: false, links: false },
  );
  expect(await show(directory)).toEqual({ ...a, "node_modules/c/index.js": "c" });
  await dispose(folder);
});

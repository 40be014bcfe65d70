import { createOpfsSink } from "../../web/sinks/opfs-sink.ts";
import { install, type TestTree } from "./trees.ts";

export interface Order {
  folder: string;
  trees: TestTree[];
}

// Runs installs one after the other in a worker, which writes files through access handles.
addEventListener("message", async ({ data }: MessageEvent<Order>) => {
  const root = await navigator.storage.getDirectory();
  const directory = await root.getDirectoryHandle(data.folder, { create: true });
  try {
    for (const tree of data.trees) await install(createOpfsSink(directory), tree);
    postMessage("done");
  } catch (error) {
    postMessage((error as { code?: string }).code ?? `${error}`);
  }
});

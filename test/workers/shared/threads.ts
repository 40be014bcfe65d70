import { Worker } from "node:worker_threads";
import { pageScript } from "../../support/page-script.ts";
import type { Spawn } from "./director.ts";
import type { Order, Reply } from "./plan.ts";

/** A file of this folder with all it imports, as one script in which the threads can be held at every point. */
export async function script(file: string, name: string): Promise<string> {
  return await pageScript(new URL(file, import.meta.url), name, {
    __WEBHOIST_INTERLEAVE__: "globalThis.interleave",
  });
}

/** What a page's worker finds in its scope. */
const PRELUDE = `const { parentPort } = require("node:worker_threads");
globalThis.postMessage = (message) => parentPort.postMessage(message);
parentPort.on("message", (data) => globalThis.onmessage({ data }));
`;

/** Threads of Node that run `code`. */
export function nodeThreads(code: string): Spawn {
  return () => {
    const worker = new Worker(PRELUDE + code, { eval: true });
    return {
      post: (order: Order) => worker.postMessage(order),
      hear: (listener) => {
        worker.on("message", (reply: Reply) => listener(reply));
        worker.on("error", (error) => listener({ of: "error", message: String(error) }));
      },
      terminate: () => void worker.terminate(),
    };
  };
}

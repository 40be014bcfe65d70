import { Worker } from "node:worker_threads";
import { pageScript } from "../../support/page-script.ts";
import type { Spawn } from "./director.ts";
import type { Order, Reply } from "./plan.ts";

/** Bundles a file of this folder into a script in which threads can be held at every point. */
export async function script(file: string, name: string): Promise<string> {
  return await pageScript(new URL(file, import.meta.url), name, {
    __WEBHOIST_INTERLEAVE__: "globalThis.interleave",
  });
}

/** The globals that a page's worker has. */
const PRELUDE = `const { parentPort } = require("node:worker_threads");
globalThis.postMessage = (message) => parentPort.postMessage(message);
parentPort.on("message", (data) => globalThis.onmessage({ data }));
`;

/** Returns a function that starts threads of Node with `code`. */
export function nodeThreads(code: string): Spawn {
  return () => {
    const worker = new Worker(PRELUDE + code, { eval: true });
    return {
      post: (order: Order) => worker.postMessage(order),
      onReply: (listener) => {
        worker.on("message", (reply: Reply) => listener(reply));
        worker.on("error", (error) => listener({ kind: "error", message: String(error) }));
      },
      terminate: () => void worker.terminate(),
    };
  };
}

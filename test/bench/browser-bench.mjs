// Shared by the benchmarks that run a script in a page of Chromium.
import { createServer } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Bundles a script of a benchmark for a page.
 * @param {string} path relative to the repository
 */
export async function bundle(path) {
  const built = await rolldown({ input: join(root, path), logLevel: "silent", platform: "browser" });
  const { output } = await built.generate({ format: "iife" });
  await built.close();
  return output[0].code;
}

/**
 * Serves a page on a free port of this machine. Returns its address, and a function that stops the server.
 * @param {(request: import("node:http").IncomingMessage, response: import("node:http").ServerResponse) => boolean} answer
 *   answers a request for anything but the page, and returns true if it did
 * @param {string} [body] the HTML of the page
 */
export async function serve(answer, body = "") {
  const server = createServer((request, response) => {
    if (answer(request, response)) return;
    response.writeHead(200, { "content-type": "text/html" }).end(`<!doctype html>${body}`);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", () => done(undefined)));
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  return { address: `http://127.0.0.1:${address.port}/`, close: () => server.close() };
}

/**
 * Serves a page that runs a script.
 * @param {string} script
 * @param {Parameters<typeof serve>[0]} [answer] answers other requests
 */
export async function serveScript(script, answer = () => false) {
  return await serve((request, response) => {
    if (request.url !== "/bench.js") return answer(request, response);
    response.writeHead(200, { "content-type": "text/javascript" }).end(script);
    return true;
  }, '<script src="/bench.js"></script>');
}

/**
 * Returns the CPU milliseconds of each task that the page's thread ran after the mark `begin`. A trace lists a checkpoint of
 * microtasks behind the task that it belongs to, so its time is added to that task.
 */
export function taskTimes({ traceEvents }) {
  const mark = traceEvents.find(({ cat = "", name }) => cat.includes("user_timing") && name === "begin");
  const own = traceEvents
    .filter(({ pid, tid, ts, ph }) => mark && ph === "X" && pid === mark.pid && tid === mark.tid && ts >= mark.ts)
    .sort((a, b) => a.ts - b.ts);
  const times = [0];
  let end = 0;
  for (const { name, ts, dur, tdur = 0 } of own) {
    // A nested event is part of the one around it, which was counted.
    if (ts < end) continue;
    if (name.endsWith("::RunTask")) times.push(tdur / 1e3);
    else if (name.endsWith("MicrotaskCheckpoint")) times[times.length - 1] += tdur / 1e3;
    else continue;
    end = ts + dur;
  }
  return times;
}

/** @param {readonly number[]} numbers */
export function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
}

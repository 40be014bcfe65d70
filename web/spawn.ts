import { failure, InstallError } from "../src/errors.ts";

/**
 * Starts the library's worker. The expression in the middle is the one that bundlers look for: they put the worker's file
 * beside their output and its address here.
 * @throws InstallError EWORKER when the browser refuses at once
 */
export function spawnWorker(given: string | URL | undefined): Worker {
  try {
    if (given === undefined) return ownWorker();
    const url = new URL(given, location.href);
    return url.origin === location.origin || !/^https?:$/.test(url.protocol)
      ? new Worker(url, { type: "module" })
      : borrowed(url);
  } catch (error) {
    throw new InstallError(failure("EWORKER", `No worker could be started: ${String((error as Error).message)}`));
  }
}

function ownWorker(): Worker {
  try {
    return new Worker(new URL("../workers/worker.ts", import.meta.url), { type: "module" });
  } catch {
    // A copy of this library from another origin: its worker may not be started by address.
    const here = import.meta.url;
    return borrowed(new URL(WORKER_FILE, here));
  }
}

/** Put in by the build. In a variable, so that no bundler takes it for a second file to carry along. */
const WORKER_FILE = "__WEBHOIST_WORKER_FILE__";

/** A worker of this origin whose only line imports the one from elsewhere. */
function borrowed(url: URL): Worker {
  const source = new Blob([`import ${JSON.stringify(url.href)};`], { type: "text/javascript" });
  const address = URL.createObjectURL(source);
  const worker = new Worker(address, { type: "module" });
  // Once it has said anything, or failed, the address is of no more use.
  const revoke = (): void => URL.revokeObjectURL(address);
  worker.addEventListener("message", revoke, { once: true });
  worker.addEventListener("error", revoke, { once: true });
  return worker;
}

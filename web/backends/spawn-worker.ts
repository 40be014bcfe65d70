import { orAbort } from "../../src/base/on-abort.ts";
import { InstallError } from "../../src/errors/failure.ts";
import { workerFailed } from "../../src/errors/threads.ts";
import { HELLO } from "../../workers/threads/hello.ts";
// In the package this is the address of a file beside the entry: see `scripts/build.mjs`.
import __WEBHOIST_WORKER__ from "../../workers/threads/worker.ts?worker&url";

/**
 * Starts the library's worker and resolves once it runs. If `signal` aborts, terminates the worker and throws the signal's reason.
 * @throws InstallError EWORKER with the reason if the worker cannot run
 */
export async function spawnWorker(given: string | URL | undefined, signal: AbortSignal): Promise<Worker> {
  const obstacles: string[] = [];
  let url: URL | undefined;
  try {
    url = new URL(given ?? __WEBHOIST_WORKER__, location.href);
    for (const address of addressesOf(url)) {
      let worker: Worker | undefined;
      let obstacle: string | undefined = "";
      try {
        worker = new Worker(trusted(address), { type: "module" });
        obstacle = await orAbort(obstacleTo(worker, signal), signal);
        if (obstacle === undefined) return worker;
        obstacles.push(obstacle || `no worker runs at ${url} (serve webhoist/worker there, or ${ADVICE})`);
      } finally {
        if (obstacle !== undefined) worker?.terminate();
        if (address !== url) URL.revokeObjectURL(address.href);
      }
    }
  } catch (error) {
    signal.throwIfAborted();
    obstacles.push(url ? String(error) : `the address of its file is unknown (${ADVICE})`);
  }
  // The obstacle of the direct attempt says more than that of the attempt through a blob.
  throw new InstallError(workerFailed(`No worker starts: ${obstacles[0]}.`));
}

const ADVICE = "set workerUrl to its address";

/**
 * Yields the addresses to try, best first: the file itself, then a blob that imports the file. The blob is needed for a file of
 * another origin, and for a file without the headers that an isolated page requires of its workers.
 */
function* addressesOf(url: URL): Generator<URL> {
  const foreign = url.origin !== location.origin;
  const imported = /^http/.test(url.protocol) && (foreign || crossOriginIsolated);
  if (!imported || !foreign) yield url;
  if (imported) {
    // A dynamic import, not a static one: `script-src` applies to it, which allows the library, and its error has a message.
    const source = new Blob([`await import(${JSON.stringify(url.href)})`], { type: "text/javascript" });
    yield new URL(URL.createObjectURL(source));
  }
}

/** Resolves with undefined once the worker runs, otherwise with the reason why it cannot. An empty reason means that the file did not load. */
function obstacleTo(worker: Worker, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const listening = new AbortController();
    const until = { signal: AbortSignal.any([signal, listening.signal]) };
    let blocked = "";
    const settle = (obstacle?: string): void => {
      listening.abort();
      resolve(obstacle);
    };
    const violated = ({ effectiveDirective, blockedURI }: SecurityPolicyViolationEvent): void => {
      blocked ||= `the Content-Security-Policy's ${effectiveDirective} forbids ${blockedURI}`;
    };
    const failed = (event: ErrorEvent): void => {
      event.preventDefault();
      settle(blocked || event.message || "");
    };
    globalThis.addEventListener("securitypolicyviolation", violated, until);
    // Not removed later: the error of a worker that is terminated meanwhile would become an error of the page.
    worker.addEventListener("error", failed);
    const received = ({ data }: MessageEvent): void => {
      if (data === HELLO) settle();
      else if (/^webhoist /.test(data)) settle(`its file is ${data}, but this page has ${HELLO}`);
    };
    worker.addEventListener("message", received, until);
  });
}

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

let policy: ReturnType<TrustedTypes["createPolicy"]> | undefined;

/** Returns the address as a TrustedScriptURL, for pages that require trusted types. */
function trusted(url: URL): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  policy ??= trustedTypes?.createPolicy("webhoist", { createScriptURL: (url) => url });
  return (policy ?? { createScriptURL: String }).createScriptURL(url.href);
}

import { orAbort } from "../../src/base/on-abort.ts";
import { InstallError } from "../../src/errors/failure.ts";
import { workerFailed } from "../../src/errors/threads.ts";
import { HELLO } from "../../workers/threads/hello.ts";
// In the package this is the address of a file beside the entry: see `scripts/build.mjs`.
import __WEBHOIST_WORKER__ from "../../workers/threads/worker.ts?worker&url";

/**
 * Starts the library's worker and resolves once it runs. When `signal` aborts, the worker is ended and the signal's reason thrown.
 * @throws InstallError EWORKER with what keeps it from running
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
        obstacles.push(obstacle || `nothing runs at ${url}: put webhoist/worker there, or ${ADVICE}`);
      } finally {
        if (obstacle !== undefined) worker?.terminate();
        if (address !== url) URL.revokeObjectURL(address.href);
      }
    }
  } catch (error) {
    signal.throwIfAborted();
    obstacles.push(url ? String(error) : `its address is unknown: ${ADVICE}`);
  }
  // What stands in the straight way says more than what stands in the way round.
  throw new InstallError(workerFailed(`No worker starts: ${obstacles[0]}`));
}

const ADVICE = "give its address as workerUrl";

/**
 * What to start, best first. A script of another origin cannot be started, but imported by one of this origin; so can one of
 * this origin that comes without the headers which an isolated page asks of its workers.
 */
function* addressesOf(url: URL): Generator<URL> {
  const foreign = url.origin !== location.origin;
  const imported = /^http/.test(url.protocol) && (foreign || crossOriginIsolated);
  if (!imported || !foreign) yield url;
  if (imported) {
    // Awaited, not linked: then the page's `script-src` decides, which has let the library in, and an error has words.
    const source = new Blob([`await import(${JSON.stringify(url.href)})`], { type: "text/javascript" });
    yield new URL(URL.createObjectURL(source));
  }
}

/** Resolves once the worker runs, or with what is against it: with nothing in words for a file that does not load. */
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
    // For good: an error of a worker that was ended meanwhile would be the page's.
    worker.addEventListener("error", failed);
    const said = ({ data }: MessageEvent): void => {
      if (data === HELLO) settle();
      else if (/^webhoist /.test(data)) settle(`its file is of ${data}, this is ${HELLO}`);
    };
    worker.addEventListener("message", said, until);
  });
}

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

let policy: ReturnType<TrustedTypes["createPolicy"]> | undefined;

/** An address as pages want it that let nothing but trusted types start scripts. */
function trusted(url: URL): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  policy ??= trustedTypes?.createPolicy("webhoist", { createScriptURL: (url) => url });
  return (policy ?? { createScriptURL: String }).createScriptURL(url.href);
}

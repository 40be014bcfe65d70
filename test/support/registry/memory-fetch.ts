import { arrivals } from "./arrival.ts";
import { pathOf } from "./ask.ts";
import { type Answer, createResponder, type LoggedRequest, type RegistryOptions } from "./responder.ts";
import { PLACEHOLDER, type Snapshot } from "./snapshot.ts";

export interface MemoryRegistry {
  fetch: typeof globalThis.fetch;
  /** The base URL, with a trailing slash. */
  url: string;
  log: LoggedRequest[];
}

/** Makes the error of `fetch` for a failed connection: a TypeError without a reason. */
const networkError = (): TypeError => new TypeError("Failed to fetch");

function bodyOf(answer: Answer, signal: AbortSignal): ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | null {
  if (answer.status === 204 || answer.status === 304) return null;
  const { broken } = answer;
  if (!broken) return answer.body as Uint8Array<ArrayBuffer>;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      if (answer.body.length > 0) controller.enqueue(answer.body.slice());
      if (broken === "stall") signal.addEventListener("abort", () => controller.error(signal.reason));
      else controller.error(networkError());
    },
  });
}

function responseOf(answer: Answer, ask: { method: string; signal: AbortSignal }): Response {
  const length = String(answer.body.length);
  const headers = answer.broken ? answer.headers : { ...answer.headers, "content-length": length };
  const body = ask.method === "HEAD" ? null : bodyOf(answer, ask.signal);
  return new Response(body, { status: answer.status, headers });
}

/**
 * Makes a registry without a network: its `fetch` answers from the snapshot, in Node and in a page. It rejects like the real one:
 * with a TypeError if the connection fails, and with the signal's reason on abort. With `strict` or `noCors`, an error
 * answer is a network error, as for a page.
 */
export function memoryRegistry(snapshot: Snapshot, options: RegistryOptions = {}): MemoryRegistry {
  const url = options.origin ?? PLACEHOLDER;
  const responder = createResponder(snapshot, { ...options, origin: url });
  const turn = arrivals(options);
  const fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    // Not request.signal: Node releases it with the request, so that an abort during the body would be lost.
    const signal = init?.signal ?? (input instanceof Request ? input.signal : new AbortController().signal);
    signal.throwIfAborted();
    if (!request.url.startsWith(url)) throw networkError();
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    await Promise.race([turn(), aborted]);
    const { method, headers } = request;
    const answer = responder.answer({ method, headers, path: pathOf(request.url.slice(url.length - 1)) });
    if (answer.broken === "network" || !("access-control-allow-origin" in answer.headers)) throw networkError();
    return responseOf(answer, { method, signal });
  };
  return { fetch, url, log: responder.log };
}

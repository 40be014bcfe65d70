import { Injected, type Injector, type Kind } from "./injector.ts";

/** Bytes of a chunk of a body. */
const CHUNK = 50_000;

type Fetch = typeof globalThis.fetch;

/**
 * Wraps `fetch` so that each request and each chunk of a body may fail. A request fails before its answer; `partial`, `quota` and
 * `closed` are answers: without a body but with its length, with status 507, and with a body that somebody reads already.
 */
export function faultyFetch(real: Fetch, injector: Injector): Fetch {
  return (input, init) => {
    const name = `fetch ${new URL(String(input)).pathname}`;
    const kind = injector.next(name);
    const answer = async (): Promise<Response> => await answerAs(kind, await real(input, init));
    switch (kind) {
      case "throws":
        throw new Injected(kind);
      case "rejects":
        return Promise.reject(new TypeError("injected: fetch failed"));
      case "never":
        return new Promise(() => {});
      case undefined:
        return answer().then((response) => inChunks(response, { name, injector, signal: init?.signal ?? undefined }));
      default:
        return answer();
    }
  };
}

async function answerAs(kind: Kind | undefined, response: Response): Promise<Response> {
  const { headers, status } = response;
  if (kind === "partial") return new Response(new Uint8Array(), { status, headers });
  if (kind === "quota") return new Response("Insufficient Storage", { status: 507 });
  if (kind === "closed") response.body?.getReader();
  return response;
}

interface BodyFaults {
  name: string;
  injector: Injector;
  signal: AbortSignal | undefined;
}

/** Returns the answer with its body in chunks, each of which may fail. */
function inChunks(response: Response, { name, injector, signal }: BodyFaults): Response {
  const { status, headers } = response;
  if (!response.body) return response;
  let rest: Uint8Array | undefined;
  let number = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        rest ??= new Uint8Array(await response.arrayBuffer());
        const kind = injector.next(`${name} chunk ${number++}`);
        if (kind === "throws" || kind === "rejects") controller.error(new TypeError("injected: terminated"));
        else if (kind === "quota" || kind === "closed") controller.error(new Injected(kind));
        else if (kind === "never")
          await new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
        else if (kind === "partial" || rest.length === 0) controller.close();
        else {
          controller.enqueue(rest.slice(0, CHUNK));
          rest = rest.subarray(CHUNK);
        }
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { status, headers });
}

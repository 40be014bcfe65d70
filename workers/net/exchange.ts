import { onAbort, orAbort } from "../../src/base/on-abort.ts";

/** One request over `fetch` and everything read of its answer. */
export interface Call {
  fetch: typeof globalThis.fetch;
  url: URL;
  init: RequestInit;
  headers: Record<string, string>;
  signal: AbortSignal;
  /** Milliseconds without anything coming. */
  timeout: number;
  /** Read the body in one piece: cheaper, but while it comes nothing is heard of it. */
  whole?: boolean;
  /** ETag of the document that is at hand: where the answer has the same, its body is not read and it counts as 304. */
  known?: string | undefined;
  /** When anything last came, to any request of this transport. */
  pulse: { at: number };
}

export type Reply =
  /** `transferred`: over the wire, where that is known not to be what the headers say. */
  | { kind: "answer"; status: number; headers: Headers; bytes: Uint8Array; transferred?: number }
  /** `found` is the system's own code, where there is one: a page is never told. `begun`: headers had come. */
  | { kind: "network"; begun: boolean; found?: string }
  | { kind: "timeout" }
  | { kind: "aborted" };

/** Never rejects, never outlives its signal, and leaves no timer and no listener. */
export async function exchange(call: Call): Promise<Reply> {
  const { signal, timeout, pulse } = call;
  if (signal.aborted) return { kind: "aborted" };
  const attempt = new AbortController();
  const forget = onAbort(signal, () => attempt.abort(signal.reason));
  const state = { at: performance.now(), begun: false, late: false };
  const watch = (): void => {
    // What is not heard of may only be waiting (HTTP/1.1 has six connections, a line has its width) while others come.
    const idle = performance.now() - (state.begun && !call.whole ? state.at : Math.max(state.at, pulse.at));
    if (idle < timeout) timer = setTimeout(watch, timeout - idle);
    else {
      state.late = true;
      attempt.abort(new DOMException("timeout", "TimeoutError"));
    }
  };
  let timer = setTimeout(watch, timeout);
  const touch = (): void => {
    state.begun = true;
    pulse.at = state.at = performance.now();
  };
  try {
    const reply = await orAbort(converse(call, attempt.signal, touch), attempt.signal);
    touch();
    return reply;
  } catch (error) {
    if (signal.aborted) return { kind: "aborted" };
    if (state.late) return { kind: "timeout" };
    const found = systemCode(error);
    return { kind: "network", begun: state.begun, ...(found ? { found } : {}) };
  } finally {
    clearTimeout(timer);
    forget();
  }
}

/** `ECONNREFUSED`, `ENOTFOUND`, …: the code alone, since a message may quote the URL or a header. */
function systemCode(error: unknown): string | undefined {
  const cause = (error as { cause?: { code?: unknown } } | null)?.cause;
  return typeof cause?.code === "string" && /^[A-Z_\d]+$/.test(cause.code) ? cause.code : undefined;
}

async function converse(call: Call, signal: AbortSignal, touch: () => void): Promise<Reply> {
  const response = await call.fetch(call.url.href, { ...call.init, headers: call.headers, signal });
  touch();
  const { headers } = response;
  const status = call.known && response.ok && headers.get("etag") === call.known ? 304 : response.status;
  let bytes: Uint8Array = new Uint8Array();
  const wanted = status !== 304 && response.ok;
  if (wanted && call.whole) bytes = new Uint8Array(await response.arrayBuffer());
  else if (wanted) bytes = await (await import("./read-body.ts")).readBody(response, signal, touch);
  // Nobody reads an error's text: let go of the connection.
  else response.body?.cancel().catch(() => {});
  return { kind: "answer", status, headers, bytes };
}

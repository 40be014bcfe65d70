import { onAbort } from "../../src/base/on-abort.ts";
import type { Watch, Watched } from "./watch.ts";

/** One request over `fetch` and everything read of its answer. */
export interface Call {
  fetch: typeof globalThis.fetch;
  url: URL;
  init: RequestInit;
  headers: Record<string, string>;
  signal: AbortSignal;
  /** Read the body in one piece: cheaper, but while it comes nothing is heard of it. `small`: where it is known to be. */
  whole?: boolean | "small";
  /** ETag of the document that is at hand: where the answer has the same, its body is not read and it counts as 304. */
  known?: string | undefined;
  watch: Watch;
}

export type Reply =
  /** `transferred`: over the wire, where that is known not to be what the headers say. */
  | { kind: "answer"; status: number; headers: Headers; bytes: Uint8Array; transferred?: number }
  /** `found` is the system's own code, where there is one: a page is never told. `begun`: headers had come. */
  | { kind: "network"; begun: boolean; found?: string }
  | { kind: "timeout" }
  | { kind: "aborted" };

/** Never rejects, never outlives its signal, and leaves no timer and no listener. */
export function exchange(call: Call): Promise<Reply> {
  const { signal, watch } = call;
  if (signal.aborted) return Promise.resolve({ kind: "aborted" });
  return new Promise((resolve) => {
    const attempt = new AbortController();
    // A `fetch` that does not heed its signal is not waited for.
    const giveUp = (kind: "aborted" | "timeout", reason: unknown): void => {
      end({ kind });
      attempt.abort(reason);
    };
    const forget = onAbort(signal, () => giveUp("aborted", signal.reason));
    const late = (): void => giveUp("timeout", new DOMException("timeout", "TimeoutError"));
    const watched: Watched = { at: performance.now(), alone: false, late };
    let begun = false;
    const touch = (): void => {
      begun = true;
      watched.alone = call.whole !== true;
      watch.touch(watched);
    };
    const end = (reply: Reply): void => {
      watch.remove(watched);
      forget();
      resolve(reply);
    };
    watch.add(watched);
    converse(call, attempt.signal, touch).then(
      (reply) => {
        touch();
        end(reply);
      },
      (error: unknown) => {
        const found = systemCode(error);
        end({ kind: "network", begun, ...(found && { found }) });
      },
    );
  });
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
  const whole = call.whole === "small" ? isSmall(headers) : call.whole;
  if (wanted && whole) bytes = new Uint8Array(await response.arrayBuffer());
  else if (wanted) bytes = await (await import("./read-body.ts")).readBody(response, signal, touch);
  // Nobody reads an error's text: let go of the connection.
  else response.body?.cancel().catch(() => {});
  return { kind: "answer", status, headers, bytes };
}

/** Bytes that come in one go on any line worth the name. */
const SMALL = 256 * 1024;

function isSmall(headers: Headers): boolean {
  const length = Number(headers.get("content-length"));
  return length > 0 && length <= SMALL;
}

import { onAbort } from "../../src/base/on-abort.ts";
import type { Watch, Watched } from "./watch.ts";

/** One request over `fetch`. */
export interface Call {
  fetch: typeof globalThis.fetch;
  url: URL;
  init: RequestInit;
  headers: Record<string, string>;
  signal: AbortSignal;
  /** Whether to read the body in one piece: cheaper, but without a sign of life meanwhile. `small`: only if it is known to be small. */
  whole?: boolean | "small";
  /** The ETag of a stored copy. An answer with the same ETag counts as 304, and its body is not read. */
  known?: string | undefined;
  watch: Watch;
}

export type Reply =
  /** `transferred`: bytes over the wire, if the headers do not tell. */
  | { kind: "answer"; status: number; headers: Headers; bytes: Uint8Array; transferred?: number }
  /** `found`: the system's error code, which only Node gives. `begun`: whether headers had arrived. */
  | { kind: "network"; begun: boolean; found?: string }
  | { kind: "timeout" }
  | { kind: "aborted" };

/** Sends a request and reads its answer. Never rejects, ends with its signal, and leaves no timer and no listener behind. */
export function exchange(call: Call): Promise<Reply> {
  const { signal, watch } = call;
  if (signal.aborted) return Promise.resolve({ kind: "aborted" });
  return new Promise((resolve) => {
    const attempt = new AbortController();
    // Resolves at once, even if a custom `fetch` ignores its signal.
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
    send(call, attempt.signal, touch).then(
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

/** Returns a code such as `ECONNREFUSED` or `ENOTFOUND`. Not the message, which may quote the URL or a header. */
function systemCode(error: unknown): string | undefined {
  const cause = (error as { cause?: { code?: unknown } } | null)?.cause;
  return typeof cause?.code === "string" && /^[A-Z_\d]+$/.test(cause.code) ? cause.code : undefined;
}

async function send(call: Call, signal: AbortSignal, touch: () => void): Promise<Reply> {
  const response = await call.fetch(call.url.href, { ...call.init, headers: call.headers, signal });
  touch();
  const { headers } = response;
  const status = call.known && response.ok && headers.get("etag") === call.known ? 304 : response.status;
  let bytes: Uint8Array = new Uint8Array();
  const wanted = status !== 304 && response.ok;
  const whole = call.whole === "small" ? isSmall(headers) : call.whole;
  if (wanted && whole) bytes = new Uint8Array(await response.arrayBuffer());
  else if (wanted) bytes = await (await import("./read-body.ts")).readBody(response, signal, touch);
  // Releases the connection, because the text of an error is not read.
  else response.body?.cancel().catch(() => {});
  return { kind: "answer", status, headers, bytes };
}

/** Bytes that arrive in one piece over most connections. */
const SMALL = 256 * 1024;

function isSmall(headers: Headers): boolean {
  const length = Number(headers.get("content-length"));
  return length > 0 && length <= SMALL;
}

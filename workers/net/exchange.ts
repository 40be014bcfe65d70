import { onAbort } from "../../src/base/on-abort.ts";
import { readBody } from "./read-body.ts";
import type { Watch, Watched } from "./watch.ts";

/** One request over `fetch`. */
export interface Call {
  fetch: typeof globalThis.fetch;
  url: URL;
  init: RequestInit;
  headers: Record<string, string>;
  signal: AbortSignal;
  /** Bytes of the body at most. Default: no limit, for requests without a body. */
  limit?: number;
  /** Whether to read a small body in one piece: cheaper, but without a sign of life meanwhile. */
  whole?: boolean;
  /** Whether the body may wait for bandwidth while other requests progress. */
  patient?: boolean;
  /** The ETag of a stored copy. An answer with the same ETag counts as 304, and its body is not read. */
  known?: string | undefined;
  watch: Watch;
}

export type Answer = Extract<Reply, { kind: "answer" }>;

export type Reply =
  /** `transferred`: bytes over the wire, if the headers do not tell. */
  | { kind: "answer"; status: number; headers: Headers; bytes: Uint8Array; transferred?: number }
  /** `found`: the system's error code, which only Node gives. `begun`: whether headers had arrived. `error`: what `fetch` threw. */
  | { kind: "network"; begun: boolean; found?: string; error: unknown }
  /** `late`: the limit that was reached. Default: `timeout`. */
  | { kind: "timeout"; late?: "minRate" | "deadline" }
  /** The body has more than `limit` bytes. */
  | { kind: "large" }
  | { kind: "aborted" };

/** Sends a request and reads its answer. Never rejects, ends with its signal, and leaves no timer and no listener behind. */
export function exchange(call: Call): Promise<Reply> {
  const { signal, watch } = call;
  if (signal.aborted) return Promise.resolve({ kind: "aborted" });
  return new Promise((resolve) => {
    const attempt = new AbortController();
    // Resolves at once, even if a custom `fetch` ignores its signal.
    const giveUp = (reply: Reply): void => {
      end(reply);
      attempt.abort(signal.reason);
    };
    const forget = onAbort(signal, () => giveUp({ kind: "aborted" }));
    const watched: Watched = { at: performance.now(), alone: false, late: () => giveUp({ kind: "timeout" }) };
    const deadline = setTimeout(() => giveUp({ kind: "timeout", late: "deadline" }), watch.deadline);
    let begun = false;
    const touch = (): void => {
      begun = true;
      watched.alone = !call.patient;
      watch.touch(watched);
    };
    const end = (reply: Reply): void => {
      clearTimeout(deadline);
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
        end({ kind: "network", begun, error, ...(found && { found }) });
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
  const { limit = Number.POSITIVE_INFINITY, watch } = call;
  const status = call.known && response.ok && headers.get("etag") === call.known ? 304 : response.status;
  const answer: Answer = { kind: "answer", status, headers, bytes: new Uint8Array() };
  const { body } = response;
  const length = Number(headers.get("content-length"));
  const isWanted = status !== 304 && response.ok;
  if (!isWanted || length > limit) {
    // Releases the connection.
    body?.cancel().catch(() => {});
    return isWanted ? { kind: "large" } : answer;
  }
  if (body && !(call.whole && length && length <= limit / INFLATION)) {
    return await readBody(body, { answer, limit, watch, signal, touch });
  }
  answer.bytes = new Uint8Array(await response.arrayBuffer());
  watch.bytes += answer.bytes.length;
  return answer.bytes.length > limit ? { kind: "large" } : answer;
}

/** Gzip inflates to at most 1,032 times its size. A shorter body cannot exceed the limit by much. */
const INFLATION = 1024;

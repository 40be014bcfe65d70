import { type SharedRun, SharedWork } from "../../src/base/shared-work.ts";
import type { Outcome } from "../../src/errors/failure.ts";
import type { RegistryRequest, RegistryResponse, Transport } from "../../src/registry/transport.ts";

type Response = Outcome<RegistryResponse>;

/** The access of one run to {@link SharedGets}. */
export type RunGets = SharedRun<Response>;

/** Bytes of answers that are kept for other runs at most. */
const KEEP = 32 << 20;

/** Shares the requests of runs that are open at the same time: see {@link SharedWork}. */
export class SharedGets {
  readonly #work = new SharedWork<Response>({
    share: copyOf,
    keep: { kind: "timely", bytes: KEEP, bytesOf: (outcome) => (outcome.ok ? outcome.value.bytes.length : 0) },
  });

  /** Begins a run: from now on it may get the answers of others. It must `leave`. */
  join(): RunGets {
    return this.#work.join();
  }
}

/** Wraps a transport of a run, so that its requests are shared. */
export function sharingTransport(transport: Transport, run: RunGets): Pick<Required<Transport>, "get" | "hurry"> {
  return {
    get: (request) => {
      const work = (): Promise<Response> => transport.get(request);
      if (request.shared) return work();
      const { url, rank, signal } = request;
      return run.run({ key: keyOf(request), work, hurry: (rank) => transport.hurry?.(url, rank), rank, signal });
    },
    hurry(url, rank) {
      transport.hurry?.(url, rank);
      run.hurry((key) => key.startsWith(`${url} `), rank);
    },
  };
}

/** Equal keys get the same answer. */
function keyOf({ kind, url, metadata, etag, kept, limit }: RegistryRequest): string {
  return [url, kind, metadata, etag, kept, limit].join(" ");
}

/** Returns an answer whose bytes nobody else transfers. Null for the outcome of a run that was cancelled. */
function copyOf(outcome: Response): Response | null {
  if (outcome.ok) return { ok: true, value: { ...outcome.value, bytes: outcome.value.bytes.slice() } };
  return outcome.failure.code === "EABORTED" ? null : outcome;
}

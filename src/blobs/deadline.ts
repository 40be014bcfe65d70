import type { CachePorts } from "./ports.ts";

/** Milliseconds after which a store that does not answer counts as unusable. Some browsers never answer. */
export const STORE_TIMEOUT = 5_000;

/** Settles as `work` does, or rejects after `milliseconds`. */
export function withTimeout<T>(ports: Pick<CachePorts, "after">, work: Promise<T>, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = ports.after(milliseconds, () => reject(new Error("no answer")));
    work.then(resolve, reject).finally(cancel);
  });
}

/** Returns the name and message of a platform's error. */
export function describeError(error: unknown): string {
  const { name = "", message = "" } = (error ?? {}) as Partial<Error>;
  return [name, message].filter(Boolean).join(": ");
}

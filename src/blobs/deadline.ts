/** Starts and cancels timeouts. */
export interface Timer {
  /** Calls `run` once after so many milliseconds, unless the returned function is called first. */
  after(milliseconds: number, run: () => void): () => void;
}

/** Milliseconds after which a store that does not answer is none: some browsers' never do. */
export const PATIENCE = 5_000;

/** Milliseconds after which the room of what was deleted can be had: Chromium does not give it back at once. */
export const SETTLING = 200;

/** Rejects where `work` takes longer than so many milliseconds. */
export function soon<T>(tools: Timer, work: Promise<T>, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = tools.after(milliseconds, () => reject(new Error("no answer")));
    work.then(resolve, reject).finally(cancel);
  });
}

/** Browsers have two names for it. */
export function isQuota(error: unknown): boolean {
  return /quota/i.test((error as Error | null)?.name ?? "");
}

/** What a platform's error says of itself. */
export function reasonOf(error: unknown): string {
  const { name = "", message = "" } = (error ?? {}) as Partial<Error>;
  return [name, message].filter(Boolean).join(": ");
}

import { onAbort } from "../base/on-abort.ts";
import type { LockOptions, StoreTools } from "./ports.ts";

export interface Claim {
  /** May be called more than once. */
  release(): void;
  /** Whether somebody else had it: what one has read may be out of date. */
  readonly waited: boolean;
}

export interface ClaimOptions {
  /** Milliseconds after which one goes ahead without it. Default 10,000. */
  wait?: number;
  signal?: AbortSignal | undefined;
}

/**
 * A turn that one tab has at a time. Patience is bounded, because a tab that holds it may be frozen; a tab that is closed gives
 * it back. Where there are no locks, or they are refused, one has it at once.
 * @throws `signal.reason` when it aborts while waiting
 */
export async function claim(tools: StoreTools, name: string, options: ClaimOptions = {}): Promise<Claim> {
  const { signal } = options;
  const { locks } = tools;
  let release = (): void => {};
  const held = new Promise<void>((done) => {
    release = done;
  });
  /** Whether it was granted; rejects where it is refused or no longer waited for. */
  const take = (how: LockOptions): Promise<boolean> =>
    new Promise((granted, refused) => {
      const run = (lock: unknown): Promise<void> | undefined => {
        granted(lock !== null);
        return lock ? held : undefined;
      };
      locks?.request(`webhoist ${name}`, how, run).catch(refused);
    });
  signal?.throwIfAborted();
  const waited = locks !== undefined && !(await take({ ifAvailable: true }).catch(() => true));
  if (waited) await wait(take, tools, options);
  // Whoever has had enough does not keep what came too late.
  if (signal?.aborted) release();
  signal?.throwIfAborted();
  return { release, waited };
}

/** Until it is granted, or refused, or one has waited for long enough. */
async function wait(
  take: (how: LockOptions) => Promise<boolean>,
  tools: StoreTools,
  options: ClaimOptions,
): Promise<void> {
  const { signal } = options;
  if (signal?.aborted) return;
  const patience = new AbortController();
  const stop = (): void => patience.abort();
  const cancel = tools.after(options.wait ?? 10_000, stop);
  const forget = signal && onAbort(signal, stop);
  await take({ signal: patience.signal }).catch(() => {});
  cancel();
  forget?.();
}

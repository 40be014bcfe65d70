/** ES2024's. Its answer's `value` is a promise unless the word has changed already. */
type WaitAsync = (...at: [words: Int32Array, index: number, value: number, timeout: number]) => { value: unknown };

/**
 * `Atomics.wait` for threads that must not block. Resolves when `words[index]` may have changed from `value`, or after
 * `timeout` milliseconds: the caller looks again.
 */
export async function changed(
  words: Int32Array,
  index: number,
  { value, timeout = Number.POSITIVE_INFINITY }: { value: number; timeout?: number },
): Promise<void> {
  const { waitAsync } = Atomics as { waitAsync?: WaitAsync };
  if (waitAsync) await waitAsync(words, index, value, timeout).value;
  else
    await new Promise<void>((resolve) => watch({ words, index, value, until: performance.now() + timeout, resolve }));
}

interface Watch {
  words: Int32Array;
  index: number;
  value: number;
  until: number;
  resolve(): void;
}

/** Turns of the event loop that are spent looking before this thread gives others more room. */
const EAGER = 500;
/** Timers that follow one another are held to this anyway. Milliseconds. */
const PAUSE = 4;

const watches = new Set<Watch>();
let channel: MessageChannel | undefined;
let turns = 0;

/** Looks once a turn of the event loop, for all that wait: through a message channel, which no browser slows down. */
function watch(added: Watch): void {
  watches.add(added);
  turns = 0;
  if (channel) return;
  channel = new MessageChannel();
  channel.port1.onmessage = look;
  next();
}

function look(): void {
  const now = performance.now();
  for (const found of watches) {
    const { words, index, value, until, resolve } = found;
    if (Atomics.load(words, index) === value && now < until) continue;
    watches.delete(found);
    turns = 0;
    resolve();
  }
  next();
}

function next(): void {
  if (watches.size === 0) {
    channel?.port1.close();
    channel = undefined;
  } else if (turns++ < EAGER) channel?.port2.postMessage(null);
  else setTimeout(look, PAUSE);
}

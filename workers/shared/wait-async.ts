/** `Atomics.waitAsync` (ES2024). The `value` of its result is a promise unless the word has changed already. */
type WaitAsync = (...at: [words: Int32Array, index: number, value: number, timeout: number]) => { value: unknown };

/**
 * Waits as `Atomics.wait` does, for threads that must not block. Resolves when `words[index]` may have changed from `value`, or after
 * `timeout` milliseconds. The caller reads the word again.
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

interface WordWatch {
  words: Int32Array;
  index: number;
  value: number;
  until: number;
  resolve(): void;
}

/** Turns of the event loop without pause between checks. After these, the checks are {@link PAUSE} apart. */
const EAGER = 500;
/** Milliseconds: the shortest interval that browsers allow for nested timers. */
const PAUSE = 4;

const watches = new Set<WordWatch>();
let channel: MessageChannel | undefined;
let turns = 0;

/** Checks all watched words once a turn of the event loop. Uses a message channel, which browsers do not slow down in hidden tabs. */
function watch(added: WordWatch): void {
  watches.add(added);
  turns = 0;
  if (channel) return;
  channel = new MessageChannel();
  channel.port1.onmessage = check;
  next();
}

function check(): void {
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
  else setTimeout(check, PAUSE);
}

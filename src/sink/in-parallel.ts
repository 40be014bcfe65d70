/**
 * Does `work` for each item, at most `size` at a time; the items are run through once. After a failure nothing more is begun;
 * once all that runs has ended, rejects with the first.
 */
export async function inParallel<T>(
  items: Iterable<T>,
  size: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  let failed: { error: unknown } | undefined;
  const run = async (): Promise<void> => {
    try {
      while (!failed) {
        const next = iterator.next();
        if (next.done) return;
        await work(next.value);
      }
    } catch (error) {
      failed ??= { error };
    }
  };
  await Promise.all(Array.from({ length: size }, run));
  if (failed) throw failed.error;
}

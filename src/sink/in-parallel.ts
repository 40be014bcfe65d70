/**
 * Runs `work` for each item, at most `size` at a time, and iterates over `items` once. After a failure no more work starts. Rejects
 * with the first failure, once all running work has ended.
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

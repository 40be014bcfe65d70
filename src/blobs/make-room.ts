import type { CachePorts } from "./ports.ts";

/** Milliseconds to wait after deleting. Chromium does not release the space of deleted blobs at once. */
const RELEASE_TIME = 200;

export interface RoomWork<T> {
  /** Writes in one transaction. Rejects with a quota error if there is no room. */
  write(): Promise<T>;
  /** Deletes stored data that is not in use, until `bytes` bytes are free or nothing is left to delete. */
  makeRoom(bytes: number): Promise<void>;
}

/**
 * Writes, and makes room if the platform reports that there is none:
 *
 * 1. Write.
 * 2. On a quota error delete the first number of bytes in `deletions`, wait until the space is free, and write again.
 * 3. Repeat with the next number. After the last one return undefined.
 *
 * Any other error of `write` rejects.
 */
export async function writeMakingRoom<T>(
  ports: Pick<CachePorts, "after">,
  deletions: readonly number[],
  { write, makeRoom }: RoomWork<T>,
): Promise<T | undefined> {
  for (const bytes of [...deletions, undefined]) {
    try {
      return await write();
    } catch (error) {
      if (!isQuotaError(error)) throw error;
    }
    if (bytes === undefined) break;
    // Deleting can fail for lack of room too. The next write may still succeed.
    await makeRoom(bytes).catch(() => {});
    await new Promise<void>((done) => void ports.after(RELEASE_TIME, done));
  }
  return undefined;
}

/** Checks for a quota error. Browsers use two names for it. */
function isQuotaError(error: unknown): boolean {
  return /quota/i.test((error as Error | null)?.name ?? "");
}

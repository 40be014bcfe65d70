import { rm } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";

/** The number of attempts, 100 ms apart. Child processes of a killed browser outlive it and go on writing. */
const TRIES = 100;

/** Removes the profile of a browser that has ended. Leaves files that cannot be removed, because they are in the system's temporary folder. */
export async function removeProfile(folder: string): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const gone = await rm(folder, { recursive: true, force: true }).then(
      () => true,
      () => false,
    );
    if (gone) return;
    await pause(100);
  }
}

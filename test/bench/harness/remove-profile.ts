import { rm } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";

/** A killed browser's children outlive it and go on writing: how often they are looked after, 100 ms apart. */
const TRIES = 100;

/** Removes the profile of a browser that is gone. What cannot be removed lies in the system's folder for what is temporary, and harms nobody. */
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

import { h } from "./dom.ts";

/** Milliseconds after which a browser has taken hold of what it was given to save. */
const TAKEN = 10_000;

/** Has the browser save `blob` under `name`. */
export function saveFile(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), TAKEN);
}

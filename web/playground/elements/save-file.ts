import { h } from "./dom.ts";

/** Milliseconds until the blob's URL is revoked. By then the browser has started the download. */
const REVOKE_DELAY = 10_000;

/** Makes the browser download `blob` under `name`. */
export function saveFile(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_DELAY);
}

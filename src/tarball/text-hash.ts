import { base64 } from "./integrity.ts";
import { sha } from "./sha.ts";

/** Returns the sha512 SRI of a text, or of bytes, without WebCrypto, which would have to be awaited. */
export function sriOf(content: string | Uint8Array): string {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return `sha512-${base64(new Uint8Array(sha("SHA-512", bytes)))}`;
}

// Loaded on demand: when a tarball was refused.

import type { Failure } from "../api/failure.ts";
import type { TarballSource } from "./unpack.ts";

/** The bytes that are looked at. */
const START = 1024;
const PAGE =
  /^\uFEFF?\s*(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*)*<(?:!doctype\s+html|html|head|body|script|title|meta)\b/i;

/** Returns the failure of a tarball, reworded if its bytes are a web page: a login page, or an error page of a server between. */
export function refusedTarball(failure: Failure, bytes: Uint8Array, { name, url }: TarballSource): Failure {
  if (!PAGE.test(new TextDecoder().decode(bytes.subarray(0, START)))) return failure;
  const message = `The tarball of ${name} was refused: ${url} answered with a web page instead of a tarball. It may be a login page, or the page of a proxy.`;
  const address = { kind: "other", text: "Open the URL in a browser to see the page, and correct the URL." } as const;
  const token = {
    kind: "option",
    option: "token",
    text: "If it is a login page, set a token that may read it.",
  } as const;
  return { ...failure, message, found: "a web page", wayOut: [address, token] };
}

// Loaded on demand: when a tarball was refused.

import type { Failure } from "../api/failure.ts";
import { isWebPage } from "../base/web-page.ts";
import type { TarballSource } from "./unpack.ts";

/** Returns the failure of a tarball, reworded if its bytes are a web page: a login page, or an error page of a server between. */
export function refusedTarball(failure: Failure, bytes: Uint8Array, { name, url }: TarballSource): Failure {
  if (!isWebPage(bytes)) return failure;
  const message = `The tarball of ${name} was refused: ${url} answered with a web page instead of a tarball. It may be a login page, or the page of a proxy.`;
  const address = { kind: "other", text: "Open the URL in a browser to see the page, and correct the URL." } as const;
  const token = {
    kind: "option",
    option: "token",
    text: "If it is a login page, set a token that may read it.",
  } as const;
  return { ...failure, message, found: "a web page", wayOut: [address, token] };
}

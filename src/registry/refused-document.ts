// Loaded on demand: when a document of the registry cannot be read.

import type { Failure } from "../api/failure.ts";
import { isWebPage } from "../base/web-page.ts";
import { withoutSecrets } from "../errors/without-secrets.ts";

/** Returns the failure of a document, reworded if its bytes are a web page. */
export function refusedDocument(failure: Failure, bytes: Uint8Array, url: string): Failure {
  if (!isWebPage(bytes)) return failure;
  const shown = withoutSecrets(url);
  const message = `The registry's document on ${failure.package} is not valid: ${shown} answered with a web page. It may be a login page, or the page of a proxy.`;
  const registry = { kind: "option", option: "registry", text: "Check the URL of the registry." } as const;
  const token = {
    kind: "option",
    option: "token",
    text: "If it is a login page, set a token that may read it.",
  } as const;
  return { ...failure, message, found: "a web page", wayOut: [registry, token] };
}

// Loaded on demand: when the manifest of a single version is fetched.

import type { Manifest } from "../api/manifest.ts";
import { isDeeperThan, MAX_JSON_DEPTH } from "../base/json-depth.ts";
import { fail, type Outcome, ok } from "../errors/failure.ts";
import { invalidDocument } from "../errors/packages.ts";

/** Parses the registry's answer to a request for one version's manifest. Fails with EINVALIDPACKUMENT. */
export function parseManifest(name: string, version: string, bytes: Uint8Array): Outcome<Manifest> {
  try {
    const text = new TextDecoder().decode(bytes);
    const value: unknown = isDeeperThan(text, MAX_JSON_DEPTH) ? null : JSON.parse(text);
    if (typeof value === "object" && value && !Array.isArray(value)) return ok(value as Manifest);
  } catch {
    // The parser's message is not passed on: it quotes the unchecked document.
  }
  return fail(invalidDocument(`${name}@${version}`, "it is not a manifest", { package: name }));
}

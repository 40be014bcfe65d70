import type { Manifest } from "../api/manifest.ts";
import { fail, type Outcome, ok } from "../errors/failure.ts";
import { invalidDocument } from "../errors/packages.ts";

/** The registry's answer to the question for one version. */
export function parseManifest(name: string, version: string, bytes: Uint8Array): Outcome<Manifest> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof value === "object" && value && !Array.isArray(value)) return ok(value as Manifest);
  } catch {
    // Falls to the failure below: the parser's message quotes the document, which nobody has checked.
  }
  return fail(invalidDocument(`${name}@${version}`, "it is not a manifest", { package: name }));
}

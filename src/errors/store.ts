import type { Failure } from "../api/failure.ts";
import { failure } from "./failure.ts";

/** ESTORE: the browser's storage cannot be used, or a stored blob is damaged or gone. */
export function storeFailed(message: string): Failure {
  return failure("ESTORE", message);
}

/** ESTOREFULL: the browser's quota leaves no room, even after old blobs were deleted. */
export function storeFull(bytes: number, kind: "metadata" | "packages"): Failure {
  return failure("ESTOREFULL", `The browser has no room to keep ${bytes} bytes of ${kind} between visits.`);
}

/** EOFFLINE: `missing` is not stored, and nothing may be requested. */
export function notStored(missing: string, more: Partial<Failure>): Failure {
  return failure("EOFFLINE", `Not stored: ${missing}. With \`cache: "offline"\` nothing is requested.`, more);
}

/** ESTALE: a registry gave no answer, so what was stored earlier is used. @param registry its base URL @param code of its failure */
export function outdated(registry: string, code: string): Failure {
  const message = `${registry} does not answer (${code}), so metadata that was stored more than five minutes ago is used. It may be out of date.`;
  const wayOut = [
    { kind: "other", text: "Resolve again when the registry answers." } as const,
    { kind: "option", option: "cache", text: 'Set `cache: "revalidate"` to fail instead.' } as const,
  ];
  return failure("ESTALE", message, { details: { registry }, wayOut });
}

import { failure, InstallError } from "../../src/errors/failure.ts";

// Loaded where `cache` is `offline`.

/** @throws InstallError EOFFLINE that lists what is missing */
export function checkOffline(missing: readonly string[]): void {
  if (missing.length === 0) return;
  const some = missing.slice(0, 10).join(", ");
  const message = `${missing.length} ${missing.length === 1 ? "package is" : "packages are"} not stored: ${some}${missing.length > 10 ? ", …" : ""}`;
  const wayOut = [
    { kind: "option", text: 'Resolve once with `cache: "default"` while online.', option: "cache" } as const,
  ];
  throw new InstallError(failure("EOFFLINE", message, { wayOut, details: { missing: [...missing] } }));
}

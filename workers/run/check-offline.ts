// Loaded on demand: at the end of a run with `cache: "offline"`.

import { InstallError } from "../../src/errors/failure.ts";
import { notStored } from "../../src/errors/store.ts";

/** Checks that an offline run found all the metadata it needed. @throws InstallError EOFFLINE that lists the missing packages */
export function checkOffline(missing: readonly string[]): void {
  if (missing.length === 0) return;
  const some = missing.slice(0, 10).join(", ");
  const all = missing.length > 10 ? `${some} and ${missing.length - 10} more` : some;
  const wayOut = [
    { kind: "option", text: 'Resolve once with `cache: "default"` while online.', option: "cache" } as const,
  ];
  throw new InstallError(notStored(all, { wayOut, details: { missing: [...missing] } }));
}

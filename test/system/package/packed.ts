import { inject } from "vitest";
import type { Packed } from "./pack.ts";

/** The package as it would be published. Throws when it could not be packed. */
export function packed(): Packed {
  const value = inject("packed");
  if (value.problem) throw new Error(value.problem);
  return value;
}

import { inject } from "vitest";
import type { Packed } from "./pack.ts";

/** Returns the packed package. @throws Error if it could not be packed */
export function packed(): Packed {
  const value = inject("packed");
  if (value.problem) throw new Error(value.problem);
  return value;
}

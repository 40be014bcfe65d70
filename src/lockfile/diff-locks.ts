import type { LockChange } from "../api.ts";
export function diffLocks(_before: string, _after: string): LockChange[] {
  return [];
}

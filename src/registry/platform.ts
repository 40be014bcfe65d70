import type { Manifest } from "../api/manifest.ts";

export interface Machine {
  readonly os: string;
  readonly cpu: string;
  readonly libc?: string | undefined;
}

/** The machines that a package supports, as its manifest states them. */
export interface PlatformNeeds {
  readonly os?: Manifest["os"] | undefined;
  readonly cpu?: Manifest["cpu"] | undefined;
  readonly libc?: Manifest["libc"] | undefined;
}

/** Checks whether a package supports a machine, by its `os`, `cpu` and `libc` (npm-tree §16). */
export function platformFits({ os, cpu, libc }: PlatformNeeds, machine: Machine): boolean {
  if (!os && !cpu && !libc) return true;
  return (
    allowsValue(machine.os, os) &&
    allowsValue(machine.cpu, cpu) &&
    (!libc || (Boolean(machine.libc) && allowsValue(machine.libc, libc)))
  );
}

/** Checks one list: `["any"]` allows every machine, `!x` excludes one. Else an entry must match, unless all entries exclude. */
function allowsValue(value: string | undefined, list: string | string[] | undefined): boolean {
  if (!list) return true;
  const entries = typeof list === "string" ? [list] : list;
  if (!Array.isArray(entries) || (entries.length === 1 && entries[0] === "any")) return true;
  const excluded = entries.filter((entry) => typeof entry === "string" && entry[0] === "!");
  if (excluded.includes(`!${value}`)) return false;
  return excluded.length === entries.length || entries.includes(value as string);
}

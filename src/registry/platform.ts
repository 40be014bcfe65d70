import type { Manifest } from "../api/manifest.ts";

export interface Machine {
  readonly os: string;
  readonly cpu: string;
  readonly libc?: string | undefined;
}

/** What a package says of the machines it is for. */
export interface PlatformNeeds {
  readonly os?: Manifest["os"] | undefined;
  readonly cpu?: Manifest["cpu"] | undefined;
  readonly libc?: Manifest["libc"] | undefined;
}

/** Whether a package may be installed on a machine, by its `os`, `cpu` and `libc`. */
export function platformFits({ os, cpu, libc }: PlatformNeeds, machine: Machine): boolean {
  if (!os && !cpu && !libc) return true;
  return (
    listed(machine.os, os) &&
    listed(machine.cpu, cpu) &&
    (!libc || (Boolean(machine.libc) && listed(machine.libc, libc)))
  );
}

/** `["any"]` fits all; `!x` excludes; otherwise one must match, unless all only exclude. */
function listed(value: string | undefined, list: string | string[] | undefined): boolean {
  if (!list) return true;
  const entries = typeof list === "string" ? [list] : list;
  if (!Array.isArray(entries) || (entries.length === 1 && entries[0] === "any")) return true;
  const excluded = entries.filter((entry) => String(entry).startsWith("!"));
  if (excluded.includes(`!${value}`)) return false;
  return excluded.length === entries.length || entries.includes(value as string);
}

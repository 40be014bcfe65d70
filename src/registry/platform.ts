import type { Failure, WayOut } from "../api/failure.ts";
import type { Manifest } from "../api/manifest.ts";
import { shownValue } from "../base/shown-value.ts";
import { failure } from "../errors/failure.ts";

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

/** Returns the EBADPLATFORM failure of a package that has to be installed and does not support the machine (npm-tree §16). */
export function badPlatform(
  id: string,
  { needs, machine }: { needs: PlatformNeeds; machine: Machine },
  about: Partial<Failure>,
  wayOut: WayOut,
): Failure {
  const { os, cpu, libc } = needs;
  const supported = [os, cpu, libc].filter(Boolean).map((list) => [list].flat().map(shownValue).join("|"));
  const found = [machine.os, machine.cpu, machine.libc].filter(Boolean).join(" ");
  return failure("EBADPLATFORM", `${id} supports ${supported.join(" ")}, but this platform is ${found}.`, {
    ...about,
    found,
    wayOut: [{ kind: "other", text: `Move ${about.package} to optionalDependencies.` }, wayOut],
    details: { required: { os, cpu, libc }, current: machine },
  });
}

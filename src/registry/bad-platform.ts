import type { Failure, WayOut } from "../api/failure.ts";
import { shownValue } from "../base/shown-value.ts";
import { failure } from "../errors/failure.ts";
import type { Machine, PlatformNeeds } from "./platform.ts";

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

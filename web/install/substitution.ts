import type { InstallOptions } from "../../src/api/install.ts";
import type { ProjectInput, Resolution } from "../../src/api/resolve.ts";
import { ownFiles } from "./read-input.ts";

export interface SubstitutedProject {
  readonly project: ProjectInput;
  /** Package to the specs that may replace it. */
  readonly substitutes: Readonly<Record<string, string>>;
}

/** Replaces native packages of a project, if the install is for `wasm` and its options allow it (docs/platform.md). */
export async function substitute(
  project: ProjectInput,
  { substitutes: asked, platform }: InstallOptions,
): Promise<SubstitutedProject> {
  if (!asked || platform !== "wasm") return { project, substitutes: {} };
  const { SUBSTITUTES, withSubstitutes } = await import("../../src/install/substitutes.ts");
  const own = ownFiles(project);
  const text = own.read.text("package.json");
  if (text === null) return { project, substitutes: {} };
  const locks = ["npm-shrinkwrap.json", "package-lock.json"];
  const lock = locks.find((name) => own.read.text(name)) ?? "package-lock.json";
  const changed = withSubstitutes(text, asked === true ? SUBSTITUTES : asked, own.read.text(lock) ?? undefined);
  const files = { ...project.files, [own.key("package.json")]: changed.text };
  // The old lock would keep the replaced packages.
  if (changed.lockText !== undefined) files[own.key(lock)] = changed.lockText;
  return { project: { ...project, files }, substitutes: changed.substitutes };
}

/** Returns those of the possible substitutes whose package is in the tree. */
export function substitutesIn(
  { tree }: Resolution,
  substitutes: Readonly<Record<string, string>>,
): Record<string, string> {
  const names = new Set(Object.keys(substitutes).length > 0 ? tree.nodes.map(({ name }) => name) : []);
  return Object.fromEntries(Object.entries(substitutes).filter(([name]) => names.has(name)));
}

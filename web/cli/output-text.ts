import type { Failure } from "../../src/api/failure.ts";
import type { InstallProgress } from "../../src/api/install.ts";
import type { LockChange, Progress, Resolution, Warning } from "../../src/api/resolve.ts";
import type { ProjectOnDisk } from "./project-on-disk.ts";

/** Returns a failure as npm prints errors: the code first, and each line prefixed with `webhoist error`. */
export async function failureText(failure: Failure): Promise<string> {
  const { explain } = await import("../../src/explain/explain.ts");
  return prefixLines("error", `code ${failure.code}\n${explain(failure)}`);
}

/** Returns a warning as text: a peer conflict that npm overrides with its full explanation, any other warning in one line. */
export async function warningText(warning: Warning): Promise<string> {
  if (warning.code !== "ERESOLVE") return prefixLines(`warn ${warning.code}`, warning.message);
  const { explain } = await import("../../src/explain/explain.ts");
  return prefixLines("warn ERESOLVE", explain({ ...warning, wayOut: [] }));
}

function prefixLines(prefix: string, text: string): string {
  return text
    .split("\n")
    .map((line) => `webhoist ${prefix} ${line}`.trimEnd())
    .join("\n")
    .concat("\n");
}

const RESOLVE_PHASES: Readonly<Record<Progress["phase"], string>> = {
  read: "Reading the project",
  resolve: "Resolving",
  complete: "Completing the lockfile",
  write: "Writing the lockfile",
};

/** `Resolving: metadata of 40 of 116 packages, 22 placed` */
export function resolveProgressText({ phase, known, fetched, placed }: Progress): string {
  return `${RESOLVE_PHASES[phase]}: metadata of ${fetched} of ${plural(known, "package")}, ${placed} placed`;
}

const INSTALL_PHASES: Readonly<Record<InstallProgress["phase"], string>> = {
  resolve: "Resolving",
  install: "Installing",
  write: "Writing",
  done: "Installed",
};

/** `Installing: 12 of 40 tarballs, 3.2 MB`; while resolving `Resolving: 12 tarballs requested`. */
export function installProgressText({ phase, packs, packsDone, bytes }: InstallProgress): string {
  const title = INSTALL_PHASES[phase];
  if (phase === "resolve") return `${title}: ${plural(packs, "tarball")} requested`;
  return `${title}: ${packsDone} of ${plural(packs, "tarball")}, ${megabytes(bytes)}`;
}

/** `3.2 MB` */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** `+3 -1 ~2`: how many packages were added, removed and changed. Empty if there are no changes. */
export function changeCounts(counts: Readonly<Record<LockChange["kind"], number>>): string {
  const signs = { added: "+", removed: "-", changed: "~" } as const;
  const kinds = (["added", "removed", "changed"] as const).filter((kind) => counts[kind] > 0);
  return kinds.map((kind) => signs[kind] + counts[kind]).join(" ");
}

/** `1 package`, `2 packages` */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** `, flat after 40 decisions and 2 conflicts`; `, flat` if the lockfile still held; empty for npm's own tree. */
export function flatNote({ rung, stats }: Resolution): string {
  if (!rung) return "";
  const { decisions = 0, conflicts = 0 } = stats.solver ?? {};
  const flat = rung === "none" ? "flat" : `flat (relax: ${rung})`;
  if (decisions === 0) return `, ${flat}`;
  return `, ${flat} after ${plural(decisions, "decision")} and ${plural(conflicts, "conflict")}`;
}

/** `wrote package-lock.json: 123 packages (+3 -1 ~2) in 0.8 s, 45 requests, 3.2 MB` */
export function lockSummary(
  resolution: Resolution,
  { files, root }: ProjectOnDisk,
  { changed, dry }: { changed: readonly string[]; dry: boolean },
): string {
  const { tree, stats } = resolution;
  const inRoot = (name: string): string => (root ? `${root}/${name}` : name);
  const old = files[inRoot("npm-shrinkwrap.json")] ?? files[inRoot("package-lock.json")];
  const count = { added: 0, removed: 0, changed: 0 };
  if (typeof old === "string" && changed.length > 0)
    for (const { kind } of changesSince(old, resolution)) count[kind]++;
  const difference = changeCounts(count);
  const done = changed.length === 0 ? "up to date" : `${dry ? "would write" : "wrote"} ${changed.join(", ")}`;
  const packages = plural(tree.nodes.length, "package");
  const work = stats.requests > 0 ? `, ${stats.requests} requests, ${megabytes(stats.bytes)}` : "";
  const seconds = (stats.milliseconds.total / 1000).toFixed(1);
  return `${done}: ${packages}${difference && ` (${difference})`}${flatNote(resolution)} in ${seconds} s${work}`;
}

/** Compares with the old lockfile. A lockfile that cannot be parsed counts as empty, as it does when the project is resolved. */
function changesSince(old: string, resolution: Resolution): LockChange[] {
  try {
    return resolution.diff(old);
  } catch {
    return resolution.diff("");
  }
}

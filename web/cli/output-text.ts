import type { Failure } from "../../src/api/failure.ts";
import type { LockChange, Progress, Resolution, Warning } from "../../src/api/resolve.ts";
import type { ProjectOnDisk } from "./project-on-disk.ts";

/** npm's manner: every line with who speaks and how grave it is, the code on a line of its own first. */
export async function failureText(failure: Failure): Promise<string> {
  const { explain } = await import("../../src/explain/explain.ts");
  return lines("error", `code ${failure.code}\n${explain(failure)}`);
}

/** A conflict that npm overrides is told in full, other warnings in a line. */
export async function warningText(warning: Warning): Promise<string> {
  if (warning.code !== "ERESOLVE") return lines(`warn ${warning.code}`, warning.message);
  const { explain } = await import("../../src/explain/explain.ts");
  return lines("warn ERESOLVE", explain({ ...warning, wayOut: [] }));
}

function lines(who: string, text: string): string {
  return text
    .split("\n")
    .map((line) => `webhoist ${who} ${line}`.trimEnd())
    .join("\n")
    .concat("\n");
}

export function progressText({ phase, known, fetched, placed }: Progress): string {
  return `${phase}: ${fetched} of ${known} packuments, ${placed} placed`;
}

/** `1 package`, `2 packages` */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** `, flat after 40 decisions and 2 conflicts`; `, flat` where the lock held; nothing of npm's own tree. */
export function flatNote({ rung, stats }: Resolution): string {
  if (!rung) return "";
  const { decisions = 0, conflicts = 0 } = stats.solver ?? {};
  const flat = rung === "none" ? "flat" : `flat but for ${rung}`;
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
  const signs = { added: "+", removed: "-", changed: "~" };
  const changes = (["added", "removed", "changed"] as const).filter((kind) => count[kind] > 0);
  const difference = changes.map((kind) => signs[kind] + count[kind]).join(" ");
  const done = changed.length === 0 ? "up to date" : `${dry ? "would write" : "wrote"} ${changed.join(", ")}`;
  const packages = plural(tree.nodes.length, "package");
  const work = stats.requests > 0 ? `, ${stats.requests} requests, ${(stats.bytes / 1e6).toFixed(1)} MB` : "";
  const seconds = (stats.milliseconds.total / 1000).toFixed(1);
  return `${done}: ${packages}${difference && ` (${difference})`}${flatNote(resolution)} in ${seconds} s${work}`;
}

/** A lock that could not be read counted as none when the project was resolved, and so it does here. */
function changesSince(old: string, resolution: Resolution): LockChange[] {
  try {
    return resolution.diff(old);
  } catch {
    return resolution.diff("");
  }
}

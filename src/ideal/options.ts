import type { ResolveOptions } from "../api.ts";
import { failure, InstallError } from "../errors.ts";
import type { World } from "../graph/world.ts";
import type { Platform } from "../ports.ts";
import type { PickPolicy } from "../registry/select-version.ts";
import type { BuildOptions } from "./context.ts";

/** npm's settings from what a user gave, checked. @throws InstallError EINVALIDOPTION, EUPDATEARGS */
export function buildOptions(raw: ResolveOptions, platform: Platform, world: World): BuildOptions {
  const before = beforeDate(raw);
  const policy: PickPolicy = {
    ranges: world.ranges,
    defaultTag: raw.defaultTag ?? "latest",
    before,
    nodeVersion: platform.node,
    npmVersion: platform.npm,
  };
  const ageless = before === null ? policy : { ...policy, before: null };
  const excluded = raw.minReleaseAgeExclude ?? [];
  return {
    platform,
    policy,
    policyFor: (name) => (before !== null && excluded.some((pattern) => matches(pattern, name)) ? ageless : policy),
    force: Boolean(raw.force),
    strictPeerDeps: Boolean(raw.strictPeerDeps),
    preferDedupe: Boolean(raw.preferDedupe),
    installStrategy: raw.installStrategy ?? "hoisted",
    updateNames: new Set(updateNames(raw)),
    save: raw.save !== false,
    prune: true,
    legacyPeerDeps: Boolean(raw.legacyPeerDeps),
    installLinks: Boolean(raw.installLinks),
    engineStrict: Boolean(raw.engineStrict),
    omit: new Set(raw.omit ?? []),
    forced: { os: raw.os, cpu: raw.cpu, libc: raw.libc },
  };
}

export function updatesAll({ update }: ResolveOptions): boolean {
  return update === true || (typeof update === "object" && "all" in update && Boolean(update.all));
}

function updateNames(raw: ResolveOptions): readonly string[] {
  const { update } = raw;
  if (updatesAll(raw) || !update || update === true) return [];
  const names = "names" in update ? (update.names ?? []) : Array.isArray(update) ? (update as readonly string[]) : [];
  for (const name of names) {
    if (name.lastIndexOf("@") <= 0) continue;
    const message = `"${name}": update takes package names only, without a version`;
    throw new InstallError(failure("EUPDATEARGS", message, { package: name }));
  }
  return names;
}

function beforeDate({ before }: ResolveOptions): number | null {
  if (before === undefined || before === null) return null;
  const time = before instanceof Date ? before.getTime() : Date.parse(before);
  if (!Number.isNaN(time)) return time;
  throw new InstallError(failure("EINVALIDOPTION", `before: "${String(before)}" is not a date`));
}

/** A name or a glob with `*` over it, as min-release-age-exclude takes them. */
function matches(pattern: string, name: string): boolean {
  if (!pattern.includes("*")) return pattern === name;
  const escaped = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${escaped.join("[^/]*")}$`).test(name);
}

import type { Platform } from "../api/common.ts";
import type { ResolveOptions } from "../api/resolve.ts";
import type { SpecTable } from "../graph/spec-table.ts";
import type { PickPolicy } from "../registry/select-version.ts";
import type { BuildOptions } from "./context.ts";

/** npm's settings from what a user gave, checked. @throws InstallError EINVALIDOPTION, EUPDATEARGS */
export async function buildOptions(
  raw: ResolveOptions,
  platform: Platform,
  specTable: SpecTable,
): Promise<BuildOptions> {
  // Dates and names are rarely given, so what checks them is loaded for them.
  const values = raw.update || raw.before ? await import("./option-values.ts") : null;
  const before = values?.beforeDate(raw) ?? null;
  const policy: PickPolicy = {
    ranges: specTable.ranges,
    defaultTag: raw.defaultTag ?? "latest",
    before,
    nodeVersion: platform.node,
    npmVersion: platform.npm,
  };
  return {
    platform,
    policy,
    policyFor: (before !== null && values?.policies(policy, raw)) || (() => policy),
    force: Boolean(raw.force),
    strictPeerDeps: Boolean(raw.strictPeerDeps),
    preferDedupe: Boolean(raw.preferDedupe),
    installStrategy: raw.installStrategy ?? "hoisted",
    updateNames: new Set(updatesAll(raw) ? [] : values?.updateNames(raw)),
    save: raw.save !== false,
    installLinks: Boolean(raw.installLinks),
    engineStrict: Boolean(raw.engineStrict),
    omit: new Set(raw.omit ?? []),
    forced: { os: raw.os, cpu: raw.cpu, libc: raw.libc },
  };
}

export function updatesAll({ update }: ResolveOptions): boolean {
  return update === true || (typeof update === "object" && "all" in update && Boolean(update.all));
}

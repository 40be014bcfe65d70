import type { Platform } from "../api/common.ts";
import type { ResolveOptions } from "../api/resolve.ts";
import type { SpecTable } from "../graph/spec-table.ts";
import type { PickPolicy } from "../registry/select-version.ts";
import { restrictsSources } from "../spec/restricts-sources.ts";
import type { Spec } from "../spec/spec.ts";
import type { BuildOptions, SourceEdge } from "./context.ts";

/** Returns npm's settings from the options of a call. @throws InstallError EINVALIDOPTION, EUPDATEARGS */
export async function buildOptions(
  raw: ResolveOptions,
  platform: Platform,
  specTable: SpecTable,
): Promise<BuildOptions> {
  // Few calls give a date or names to update, so the code for them is loaded on demand.
  const ages = raw.before ? await import("../registry/age-policies.ts") : null;
  const updates = raw.update ? await import("./update-requests.ts") : null;
  const sources = restrictsSources(raw) ? await import("../spec/allowed-sources.ts") : null;
  const before = ages?.parseBefore(raw) ?? null;
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
    policyFor: ages?.agePolicies(policy, raw) ?? (() => policy),
    force: Boolean(raw.force),
    strictPeerDeps: Boolean(raw.strictPeerDeps),
    preferDedupe: Boolean(raw.preferDedupe),
    installStrategy: raw.installStrategy ?? "hoisted",
    updateNames: new Set(updatesAll(raw) ? [] : updates?.readUpdateNames(raw)),
    save: raw.save !== false,
    installLinks: Boolean(raw.installLinks),
    engineStrict: Boolean(raw.engineStrict),
    omit: new Set(raw.omit ?? []),
    allowUnusedPatches: Boolean(raw.allowUnusedPatches),
    removed: listOf(raw.rm),
    forbidden: sources && ((edge, spec) => sources.forbiddenSource(raw, sourceRequest(edge, spec))),
    forced: { os: raw.os, cpu: raw.cpu, libc: raw.libc },
  };
}

/** Returns an option that may be one text or several as a list. */
export function listOf(texts: string | readonly string[] | undefined): readonly string[] {
  return typeof texts === "string" ? [texts] : (texts ?? []);
}

function sourceRequest({ name, from }: SourceEdge, { type, rawSpec }: Spec) {
  return { type, name, spec: rawSpec, isOwn: from.isProjectRoot || from.isWorkspace, from: from.location };
}

/** Checks whether `update` asks for everything (npm-tree §19). */
export function updatesAll({ update }: ResolveOptions): boolean {
  return update === true || (typeof update === "object" && "all" in update && Boolean(update.all));
}

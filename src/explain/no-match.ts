import type { Failure, WayOut } from "../api/failure.ts";
import { isOneEditAway } from "../base/one-edit.ts";
import type { UnmatchedSpec } from "../errors/failure.ts";
import { parseRange } from "../spec/range.ts";
import { compareVersions, parseVersion, type Version } from "../spec/version.ts";

/** An `ETARGET`, `ENOVERSIONS` or `E403` of `selectVersion`, in words, with what there is instead and the ways out. */
export function withOffers(failure: Failure): Failure {
  const { package: name = "" } = failure;
  const missed = failure.details as unknown as UnmatchedSpec;
  const { type, wanted, defaultTag, distTags, restricted } = missed;
  const latest = distTags.find(([tag]) => tag === defaultTag)?.[1];
  if (failure.code === "E403") {
    const message = `Could not download ${name}@${wanted} due to policy violations:\n${missed.restrictionMessage}`;
    const allow: WayOut = { kind: "other", text: "Ask whoever runs the registry to allow it" };
    const { details: _, ...rest } = failure;
    return { ...rest, message, wayOut: [latest && !restricted.includes(latest) ? ask(name, caret(latest)) : allow] };
  }
  const before = missed.before == null ? "" : ` with a date before ${new Date(missed.before).toISOString()}`;
  const near = nearest(missed);
  const found = [...(latest ? [`${defaultTag}: ${latest}`] : []), ...near].join(", ");
  const none = failure.code === "ENOVERSIONS";
  const message = none
    ? `No versions available for ${name}`
    : `No matching version found for ${name}@${wanted}${before}.`;
  return {
    ...failure,
    message,
    ...(found && { found }),
    wayOut: waysOut(name, missed, near),
    details: { type, wanted, defaultTag, distTags },
  };
}

function ask(name: string, spec: string): WayOut {
  return { kind: "spec", package: name, spec, text: `Ask for ${name}@${spec}` };
}

function waysOut(name: string, missed: UnmatchedSpec, near: readonly string[]): WayOut[] {
  const { type, wanted, distTags, defaultTag, versions, before } = missed;
  const tags = new Map(distTags);
  const specs = type === "tag" ? [...tags.keys()].filter((tag) => isOneEditAway(tag, wanted)) : near.map(caret);
  const latest = tags.get(defaultTag);
  if (latest && versions.includes(latest)) specs.push(caret(latest));
  const ways = [...new Set(specs)].map((spec) => ask(name, spec));
  if (before != null) ways.push({ kind: "option", option: "before", text: "Allow newer versions (before)" });
  return ways.length > 0 ? ways : [{ kind: "other", text: `Remove ${name}: it has no versions` }];
}

function caret(version: string): string {
  return `^${version}`;
}

/** The versions next to the one that was asked for, or next to where the range starts: at most one on either side. */
function nearest({ wanted, versions }: UnmatchedSpec): string[] {
  const anchor = parseVersion(wanted) ?? parseRange(wanted)?.[0]?.[0]?.version;
  if (!anchor) return [];
  const candidates = versions
    .flatMap((key) => {
      const version: Version | null = parseVersion(key);
      return version ? [{ key, version }] : [];
    })
    .reverse()
    .sort((a, b) => compareVersions(a.version, b.version));
  const after = candidates.findIndex(({ version }) => compareVersions(version, anchor) > 0);
  const next = after < 0 ? candidates.length : after;
  return [candidates[next - 1], candidates[next]].flatMap((candidate) => candidate?.key ?? []);
}

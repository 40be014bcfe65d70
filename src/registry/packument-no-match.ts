import { type Failure, failure, type WayOut } from "../errors.ts";
import { compareVersions } from "../spec/version.ts";
import type { RangeTable } from "../spec/version-range.ts";
import type { Packument } from "./packument.ts";

/** What decides a pick besides the packument and the spec. One object a run: picks are remembered by it. */
export interface PickPolicy {
  readonly ranges: RangeTable;
  /** npm's `--tag`. Default `latest`. */
  readonly defaultTag?: string;
  /** Milliseconds since 1970: versions published later are not picked. */
  readonly before?: number | null;
  /** Without a version, that engine is not looked at. */
  readonly nodeVersion?: string | null;
  readonly npmVersion?: string | null;
}

export type SpecType = "version" | "range" | "tag";

/** One look-up, for those who answer it or tell why they cannot. */
export interface Query {
  readonly packument: Packument;
  readonly wanted: string;
  readonly type: SpecType;
  readonly policy: PickPolicy;
}

/** `ETARGET`, or `ENOVERSIONS` when `none`: not a single version may be picked. */
export function noMatch(query: Query, none = false): Failure {
  const { packument, wanted, type, policy } = query;
  const { name, distTags } = packument;
  const defaultTag = policy.defaultTag ?? "latest";
  const before = policy.before == null ? "" : ` with a date before ${new Date(policy.before).toISOString()}`;
  const near = nearest(query);
  const latest = distTags.get(defaultTag);
  const found = [...(latest ? [`${defaultTag}: ${latest}`] : []), ...near].join(", ");
  const message = none
    ? `No versions available for ${name}`
    : `No matching version found for ${name}@${wanted}${before}.`;
  return failure(none ? "ENOVERSIONS" : "ETARGET", message, {
    package: name,
    spec: wanted,
    ...(found && { found }),
    wayOut: waysOut(query, near),
    details: { type, wanted, defaultTag, distTags: [...distTags] },
  });
}

/** `E403`: the version is there, and the registry does not hand it out. */
export function forbidden({ packument, wanted, policy }: Query): Failure {
  const { name, restrictions, restrictionMessage } = packument;
  const latest = packument.distTags.get(policy.defaultTag ?? "latest");
  return failure("E403", `Could not download ${name}@${wanted} due to policy violations:\n${restrictionMessage}`, {
    package: name,
    spec: wanted,
    wayOut:
      latest && !restrictions.has(latest)
        ? [ask(name, caret(latest))]
        : [{ kind: "other", text: "Ask whoever runs the registry to allow it" }],
  });
}

function ask(name: string, spec: string): WayOut {
  return { kind: "spec", package: name, spec, text: `Ask for ${name}@${spec}` };
}

function waysOut({ packument, wanted, type, policy }: Query, near: readonly string[]): WayOut[] {
  const { name, distTags } = packument;
  const specs = type === "tag" ? [...distTags.keys()].filter((tag) => isOneEditAway(tag, wanted)) : near.map(caret);
  const latest = distTags.get(policy.defaultTag ?? "latest");
  if (latest && packument.has(latest)) specs.push(caret(latest));
  const ways = [...new Set(specs)].map((spec) => ask(name, spec));
  if (policy.before != null) ways.push({ kind: "option", option: "before", text: "Allow newer versions (before)" });
  return ways.length > 0 ? ways : [{ kind: "other", text: `Remove ${name}: it has no versions` }];
}

function caret(version: string): string {
  return `^${version}`;
}

/** The versions next to the one that was asked for, or next to where the range starts: at most one on either side. */
function nearest({ packument, wanted, policy }: Query): string[] {
  const anchor = policy.ranges.version(wanted) ?? policy.ranges.range(wanted)?.[0]?.[0]?.version;
  if (!anchor) return [];
  const candidates = packument.sorted();
  const after = candidates.findIndex(({ version }) => compareVersions(version, anchor) > 0);
  const next = after < 0 ? candidates.length : after;
  return [candidates[next - 1], candidates[next]].flatMap((candidate) =>
    candidate ? [packument.keyOf(candidate.entry)] : [],
  );
}

/** `lastest` and `latest`: one letter added, left out or exchanged. */
function isOneEditAway(a: string, b: string): boolean {
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  const rest = [a.slice(start), b.slice(start)] as const;
  return rest[0].slice(1) === rest[1] || rest[0] === rest[1].slice(1) || rest[0].slice(1) === rest[1].slice(1);
}

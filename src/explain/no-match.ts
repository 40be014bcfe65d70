import type { Failure, PathStep, WayOut } from "../api/failure.ts";
import { isOneEditAway } from "../base/one-edit.ts";
import type { UnmatchedSpec } from "../errors/failure.ts";
import { endSentence } from "../errors/failure.ts";
import { parseRange } from "../spec/range.ts";
import { compareVersions, parseVersion, type Version } from "../spec/version.ts";

/** The section of a package.json for each type of dependency. */
const SECTIONS: ReadonlyMap<string, string> = new Map([
  ["prod", "dependencies"],
  ["dev", "devDependencies"],
  ["optional", "optionalDependencies"],
  ["peer", "peerDependencies"],
  ["peerOptional", "peerDependencies"],
]);

/**
 * Words an `ETARGET`, `ENOVERSIONS` or `E403` of `selectVersion`, with the nearest versions and the ways out:
 * `No version of react matches ^20.0.0. The newest is 19.3.1. demo requires it in dependencies. Use ^19.3.1, or a dist-tag (latest).`
 */
export function describeNoMatch(failure: Failure): Failure {
  const { package: name = "" } = failure;
  const unmatched = failure.details as unknown as UnmatchedSpec;
  const { type, wanted, defaultTag, distTags, restricted, versions } = unmatched;
  const latest = distTags.find(([tag]) => tag === defaultTag)?.[1];
  const by = dependentText(failure);
  if (failure.code === "E403") {
    const message = endSentence(`The registry's policy withholds ${name}@${wanted}: ${unmatched.restrictionMessage}`);
    const allow: WayOut = { kind: "other", text: `Ask the operator of the registry to allow ${name}.` };
    const { details: _, ...rest } = failure;
    return {
      ...rest,
      message,
      wayOut: [latest && !restricted.includes(latest) ? useSpec(name, caret(latest)) : allow],
    };
  }
  const near = nearest(unmatched);
  const found = [...(latest ? [`${defaultTag}: ${latest}`] : []), ...near].join(", ");
  // If every version is too new, no spec helps.
  const wayOut = waysOut(name, unmatched, failure.code === "ENOVERSIONS" && unmatched.before != null ? null : near);
  const newest = newestOf(versions);
  const more = [newest && `The newest is ${newest}.`, by, alternatives(wayOut, distTags)];
  return {
    ...failure,
    message: [headline(failure, unmatched), ...(failure.code === "ENOVERSIONS" ? [by] : more)]
      .filter(Boolean)
      .join(" "),
    ...(found && { found }),
    wayOut,
    details: { type, wanted, defaultTag, distTags },
  };
}

function headline({ code, package: name = "" }: Failure, { type, wanted, before }: UnmatchedSpec): string {
  const date = before == null ? "" : new Date(before).toISOString();
  if (code === "ENOVERSIONS")
    return date ? `No version of ${name} was published before ${date}.` : `${name} has no versions.`;
  if (type === "tag") return `${name} has no dist-tag ${wanted}.`;
  return `No version of ${name}${date && ` published before ${date}`} matches ${wanted || "*"}.`;
}

/** Returns the sentence about the dependent: `demo requires it in dependencies.` */
function dependentText({ paths: [path] = [] }: Failure): string {
  const step: PathStep | undefined = path?.at(-1);
  if (!step) return "";
  const section = SECTIONS.get(step.type ?? "");
  const version = step.location !== "" && step.version ? `@${step.version}` : "";
  return `${step.name || "The project"}${version} requires it${section === undefined ? "" : ` in ${section}`}.`;
}

/** Returns the sentence about the ways out: `Use ^19.3.1, or a dist-tag (latest, next).` */
function alternatives(wayOut: readonly WayOut[], distTags: UnmatchedSpec["distTags"]): string {
  const specs = wayOut.flatMap((way) => (way.kind === "spec" ? [way.spec] : []));
  const tags = distTags.map(([tag]) => tag).filter((tag) => !specs.includes(tag));
  const shown = tags.length > MAX_TAGS ? [...tags.slice(0, MAX_TAGS), "…"] : tags;
  const choices = [...specs, ...(shown.length > 0 ? [`a dist-tag (${shown.join(", ")})`] : [])];
  return choices.length > 0 ? `Use ${choices.join(", or ")}.` : "";
}

/** The number of dist-tags that a message lists. */
const MAX_TAGS = 5;

function useSpec(name: string, spec: string): WayOut {
  return { kind: "spec", package: name, spec, text: `Use ${name}@${spec}.` };
}

const LATER_DATE: WayOut = {
  kind: "option",
  option: "before",
  text: "Allow newer versions, with a later date in before.",
};

/** @param near the nearest versions; null if no version can be used */
function waysOut(name: string, unmatched: UnmatchedSpec, near: readonly string[] | null): WayOut[] {
  const { type, wanted, distTags, defaultTag, versions, before } = unmatched;
  const tags = new Map(distTags);
  if (near === null) return [LATER_DATE];
  const specs = type === "tag" ? [...tags.keys()].filter((tag) => isOneEditAway(tag, wanted)) : near.map(caret);
  const latest = tags.get(defaultTag);
  if (latest && versions.includes(latest)) specs.push(caret(latest));
  const ways = [...new Set(specs)].map((spec) => useSpec(name, spec));
  if (before != null) ways.push(LATER_DATE);
  return ways.length > 0 ? ways : [{ kind: "other", text: `Remove ${name}: it has no versions.` }];
}

function caret(version: string): string {
  return `^${version}`;
}

/** Returns the highest release, or the highest prerelease if there is no release. */
function newestOf(versions: readonly string[]): string | undefined {
  const sorted = sortedVersions(versions);
  return (sorted.findLast(({ version }) => !version.pre) ?? sorted.at(-1))?.key;
}

/**
 * Returns the versions next to the wanted version, or next to the start of the wanted range: at most one on either side, the nearer
 * one first. Prereleases count only if nothing else exists, or if a prerelease is wanted.
 */
function nearest({ wanted, versions }: UnmatchedSpec): string[] {
  const anchor = parseVersion(wanted) ?? parseRange(wanted)?.[0]?.[0]?.version;
  if (!anchor) return [];
  const all = sortedVersions(versions);
  const releases = all.filter(({ version }) => !version.pre);
  const candidates = anchor.pre || releases.length === 0 ? all : releases;
  const after = candidates.findIndex(({ version }) => compareVersions(version, anchor) > 0);
  const next = after < 0 ? candidates.length : after;
  const beside = [candidates[next - 1], candidates[next]].filter((one) => one !== undefined);
  const [below, above] = beside;
  if (below && above && isNearer(above.version, below.version, anchor)) beside.reverse();
  return beside.map(({ key }) => key);
}

/** Checks whether `a` is nearer to `anchor` than `b`: by major version, then minor, then patch. */
function isNearer(a: Version, b: Version, anchor: Version): boolean {
  for (const part of ["major", "minor", "patch"] as const) {
    const distance = (version: Version): number => Math.abs(version[part] - anchor[part]);
    if (distance(a) !== distance(b)) return distance(a) < distance(b);
  }
  return false;
}

function sortedVersions(versions: readonly string[]): { key: string; version: Version }[] {
  return versions
    .flatMap((key) => {
      const version = parseVersion(key);
      return version ? [{ key, version }] : [];
    })
    .reverse()
    .sort((a, b) => compareVersions(a.version, b.version));
}

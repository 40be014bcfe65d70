import type { Failure, WayOut } from "../api/failure.ts";
import type { EresolveReport, ExplainedEdge } from "./eresolve.ts";
import { withPlace } from "./json-error.ts";
import { describeNoMatch } from "./no-match.ts";
import { describeProtocol } from "./protocols.ts";

const OPTIONS = {
  legacyPeerDeps: "Ignore peer dependencies, with legacyPeerDeps (--legacy-peer-deps).",
  force: "Accept the conflict, with force (--force).",
  strictPeerDeps: "Turn off strictPeerDeps: then npm accepts conflicts below the project's own dependencies.",
};

/** Returns an option as a way out. For `strictPeerDeps`, the way out is to turn it off. */
export function optionWayOut(option: keyof typeof OPTIONS): WayOut {
  return { kind: "option", option, text: OPTIONS[option] };
}

/**
 * Returns an override as a way out: everywhere, or only below the package `under`. `version` may be `$name`, which means the
 * project's own spec of `name`.
 */
export function overrideFor(name: string, version: string, under?: string): WayOut {
  const own = version === `$${name}`;
  return {
    kind: "override",
    text: `Override ${name}${under ? ` below ${under}` : ""} with ${own ? "the project's own spec" : version}.`,
    overrides: under ? { [under]: { [name]: version } } : { [name]: version },
  };
}

/** Returns the ways out of a peer conflict, from npm's report of it (the `details` of an `ERESOLVE`). */
export function peerWaysOut({ edge, current: beside, peerConflict, strictPeerDeps }: EresolveReport): WayOut[] {
  const ways: WayOut[] = [];
  // When a package's own peer cannot be placed, the report is about the package and `peerConflict` about the peer.
  const direct = edge?.type?.startsWith("peer");
  const { name, spec, from } = (direct ? edge : peerConflict?.peer?.dependents?.[0]) ?? {};
  const current = direct ? beside : peerConflict?.current;
  const mine = current?.dependents?.find(fromProject);
  if (name && spec && from?.name && current?.version) {
    // Only a range can replace a range: an alias, a folder or a URL contains a colon or a slash.
    if (mine?.name === name && !/[:/]/.test(`${mine.spec}${spec}`))
      ways.push({
        kind: "spec",
        package: name,
        spec,
        text: `Use ${name}@"${spec}" in package.json: ${from.name}@${from.version} requires it.`,
      });
    ways.push(overrideFor(name, mine ? `$${name}` : current.version, from.name));
  }
  if (strictPeerDeps) ways.push(optionWayOut("strictPeerDeps"));
  return [...ways, optionWayOut("legacyPeerDeps"), optionWayOut("force")];
}

function fromProject({ from }: ExplainedEdge): boolean {
  return from !== undefined && !from.name && !from.version;
}

/** Completes a failure: adds the position to an EJSONPARSE, the wording to a version that was not found, and missing ways out. */
export function withWaysOut(failure: Failure): Failure {
  const { code, details = {} } = failure;
  if (code === "EJSONPARSE") return withPlace(failure);
  if ("restricted" in details) return describeNoMatch(failure);
  if (failure.wayOut.length > 0) return failure;
  if (code === "EUNSUPPORTEDPROTOCOL") return describeProtocol(failure);
  const wayOut = code === "ERESOLVE" ? peerWaysOut(details as EresolveReport) : generalWaysOut(failure);
  return { ...failure, wayOut };
}

/** Returns general ways out: replace a spec that cannot be read, remove a package that cannot be used. */
function generalWaysOut({ code, package: name, requiredBy }: Failure): WayOut[] {
  if (code === "ENONTERMINATING" || code === "ENPMCRASH") {
    return [
      optionWayOut("legacyPeerDeps"),
      { kind: "other", text: "Pin one of the packages that replace each other." },
    ];
  }
  const unread = code === "EINVALIDTAGNAME";
  if (!name || !(unread || code.startsWith("EINVALIDPACK"))) return [];
  if (code === "EINVALIDPACKAGENAME") return [{ kind: "other", text: "Correct the name." }];
  const without: WayOut = { kind: "other", text: `Remove ${name}, or use a registry that has it.` };
  if (!unread) return [without];
  const latest: WayOut = {
    kind: "spec",
    package: name,
    spec: "latest",
    text: `Use ${name}@latest in package.json.`,
  };
  return [requiredBy.includes("") ? latest : overrideFor(name, "latest")];
}

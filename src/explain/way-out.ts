import type { Failure, WayOut } from "../api/failure.ts";
import type { Explained, ExplainedEdge } from "./eresolve.ts";
import { withPlace } from "./json-error.ts";
import { withOffers } from "./no-match.ts";

const OPTIONS = {
  legacyPeerDeps: "Leave peer dependencies out of account, with legacyPeerDeps (--legacy-peer-deps).",
  force: "Accept what does not fit, with force (--force).",
  strictPeerDeps: "Leave out strictPeerDeps: then npm overrides conflicts below the project's own dependencies.",
};

/** An option as a way out; `strictPeerDeps` is one to leave out. */
export function optionWayOut(option: keyof typeof OPTIONS): WayOut {
  return { kind: "option", option, text: OPTIONS[option] };
}

/** An entry for `overrides`: everywhere, or only below `under`. `version` may be `$name`, the project's own spec of `name`. */
export function overrideFor(name: string, version: string, under?: string): WayOut {
  const own = version === `$${name}`;
  return {
    kind: "override",
    text: `Override ${name}${under ? ` below ${under}` : ""} with ${own ? "your own spec of it" : version}.`,
    overrides: under ? { [under]: { [name]: version } } : { [name]: version },
  };
}

/** The ways out of a peer conflict, from npm's own report of it (an `ERESOLVE`'s `details`). */
export function peerWaysOut({ edge, current: beside, peerConflict, strictPeerDeps }: Explained): WayOut[] {
  const ways: WayOut[] = [];
  // When a package's own peer cannot be placed, the report is about the package and `peerConflict` about the peer.
  const direct = edge?.type?.startsWith("peer");
  const { name, spec, from } = (direct ? edge : peerConflict?.peer?.dependents?.[0]) ?? {};
  const current = direct ? beside : peerConflict?.current;
  const mine = current?.dependents?.find(fromProject);
  if (name && spec && from?.name && current?.version) {
    // An alias, a folder or a URL in the project is not helped by another range; a peer with such a spec is no range.
    if (mine?.name === name && !/[:/]/.test(`${mine.spec}${spec}`))
      ways.push({
        kind: "spec",
        package: name,
        spec,
        text: `Ask for ${name}@"${spec}" in package.json: that is what ${from.name}@${from.version} works with.`,
      });
    ways.push(overrideFor(name, mine ? `$${name}` : current.version, from.name));
  }
  if (strictPeerDeps) ways.push(optionWayOut("strictPeerDeps"));
  return [...ways, optionWayOut("legacyPeerDeps"), optionWayOut("force")];
}

function fromProject({ from }: ExplainedEdge): boolean {
  return from !== undefined && !from.name && !from.version;
}

/** The failure with what its details show of it, where whoever made it left that for later: the place, the ways out. */
export function withWaysOut(failure: Failure): Failure {
  const { code, details = {} } = failure;
  if (code === "EJSONPARSE") return withPlace(failure);
  if ("restricted" in details) return withOffers(failure);
  if (failure.wayOut.length > 0) return failure;
  const wayOut = code === "ERESOLVE" ? peerWaysOut(details as Explained) : lastWaysOut(failure);
  return { ...failure, wayOut };
}

/** Where nobody knows better: a spec that cannot be read is replaced, a package that cannot be used is done without. */
function lastWaysOut({ code, package: name, requiredBy }: Failure): WayOut[] {
  if (code === "ENONTERMINATING" || code === "ENPMCRASH") {
    return [
      optionWayOut("legacyPeerDeps"),
      { kind: "other", text: "Pin one of the packages that displace each other." },
    ];
  }
  const unread = code === "EINVALIDTAGNAME" || code === "EUNSUPPORTEDPROTOCOL";
  if (!name || !(unread || code.startsWith("EINVALIDPACK"))) return [];
  const without: WayOut = { kind: "other", text: `Do without ${name}, or have it from another registry.` };
  if (!unread) return [without];
  const latest: WayOut = {
    kind: "spec",
    package: name,
    spec: "latest",
    text: `Ask for ${name}@latest in package.json.`,
  };
  return [requiredBy.includes("") ? latest : overrideFor(name, "latest")];
}

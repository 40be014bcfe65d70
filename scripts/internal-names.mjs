import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./setup.mjs";

/**
 * Properties of the engine's own objects that the build may shorten: long or frequent, and never seen by an embedder,
 * never a key of JSON, never addressed by a string, never a
 * module's export. `npm run conformance -- --entry dist/index.js` holds the result
 * to npm's answers.
 */
const NAMES = [
  "accepts",
  "addEdgeIn",
  "addFolder",
  "addLink",
  "assertDirect",
  "attach",
  "bestSelf",
  "bundler",
  "candidate",
  "conflictsWith",
  "context",
  "depth",
  "descendants",
  "dropChild",
  "dropEdgeIn",
  "dropEdges",
  "dropFolder",
  "dropLink",
  "edits",
  "effective",
  "enrich",
  "explicit",
  "explicitRequest",
  "folders",
  "follow",
  "forced",
  "forget",
  "forgetEdgeIn",
  "fsChildren",
  "fsParent",
  "gitCommittish",
  "gitRange",
  "hasBundles",
  "hasEdges",
  "hasOddTime",
  "hasTime",
  "hasTried",
  "hasWorkspaces",
  "house",
  "inDepBundle",
  "inShrinkwrap",
  "inventory",
  "isDescendantOf",
  "isMine",
  "isProjectRoot",
  "isTop",
  "isWorkspace",
  "keyOf",
  "keySpec",
  "latestRoot",
  "leave",
  "legacy",
  "linksIn",
  "loadFailures",
  "loading",
  "made",
  "mutated",
  "mutationRequested",
  "named",
  "needEvaluation",
  "old",
  "ownEdge",
  "ownPath",
  "packageJson",
  "partial",
  "peerConflicted",
  "picked",
  "placeTarget",
  "placements",
  "plain",
  "pointOut",
  "policyFor",
  "prereleases",
  "ranges",
  "rawWant",
  "reach",
  "realpath",
  "releases",
  "report",
  "requested",
  "resolveParent",
  "restrictions",
  "retarget",
  "revisit",
  "ruleFor",
  "ruleset",
  "satisfiedBy",
  "satisfies",
  "setChild",
  "settle",
  "sorted",
  "source",
  "sourceFolder",
  "sourceOf",
  "specs",
  "specsSize",
  "step",
  "steps",
  "subSpec",
  "suspicions",
  "tested",
  "tops",
  "unexplained",
  "unpoint",
  "versionKeys",
  "want",
  "wants",
  "wording",
  "workspaceSpecs",
  "world",
  "yarn",
];

/** What others see or send. */
const PUBLIC = ["src/api.ts", "src/errors.ts", "src/ports.ts", "src/registry/manifest.ts"];

/**
 * The names, once it is certain that none of them is public or stands in a string of `code`.
 * @param {string} code everything that the build puts out, before its names are shortened
 */
export function internalNames(code) {
  const seen = PUBLIC.map((file) => readFileSync(join(ROOT, file), "utf8")).join("\n");
  for (const name of NAMES) {
    const isPublic = new RegExp(`\\b${name}\\??:|\\b${name}\\(`).test(seen);
    // A module that is loaded later is an object whose properties are its exports.
    const isExport = new RegExp(`\\bas ${name}\\b`).test(code);
    if (isPublic || isExport || new RegExp(`(["'\`])${name}\\1`).test(code)) throw new Error(`${name} is not internal`);
  }
  return new RegExp(`^(?:${NAMES.join("|")})$`);
}

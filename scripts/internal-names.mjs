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
  "addFolder",
  "addLink",
  "attach",
  "bestSelf",
  "dropChild",
  "dropFolder",
  "explicitRequest",
  "forgetEdgeIn",
  "gitCommittish",
  "gitRange",
  "hasBundles",
  "hasEdges",
  "hasWorkspaces",
  "inShrinkwrap",
  "inventory",
  "isDescendantOf",
  "keyOf",
  "keySpec",
  "latestRoot",
  "loadFailures",
  "mutated",
  "mutationRequested",
  "needEvaluation",
  "ownEdge",
  "ownPath",
  "packageJson",
  "peerConflicted",
  "pointOut",
  "policyFor",
  "prereleases",
  "resolveParent",
  "restrictions",
  "satisfiedBy",
  "satisfies",
  "setChild",
  "suspicions",
  "unexplained",
  "unpoint",
  "versionKeys",
  "workspaceSpecs",
  "world",
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

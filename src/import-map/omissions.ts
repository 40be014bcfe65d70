import type { Failure, WayOut } from "../api/failure.ts";
import type { ImportMap } from "../api/flat.ts";
import type { TreeNode } from "../api/resolve.ts";
import { badImportMap } from "../errors/tree.ts";

/** A package that the project needs and that the map cannot serve, or cannot serve correctly. */
export interface Omission {
  /**
   * `commonjs`: a browser cannot import it. `missing`: an import of it leads nowhere. `elsewhere`: it is not on a CDN.
   * `patterns`: its `exports` has patterns, which the CDN does not apply to subpaths; only a warning. `views`: its copies of one version see different dependencies, and a CDN has one copy.
   */
  readonly why: "commonjs" | "missing" | "elsewhere" | "patterns" | "views";
  readonly node: TreeNode;
  /** The CommonJS file, relative to the project, the specifier that leads nowhere, or the pattern. */
  readonly what?: string;
  /** The importing file. */
  readonly importer?: string;
}

export interface ImportMapResult {
  readonly map: ImportMap;
  readonly leftOut: readonly Omission[];
}

const SENTENCES: Readonly<Record<Omission["why"], (names: string) => string>> = {
  commonjs: (names) => `A browser cannot import CommonJS, and these packages are published as CommonJS: ${names}.`,
  missing: (names) => `These packages import modules that a page does not have: ${names}.`,
  elsewhere: (names) => `These packages are on no CDN, because they do not come from a registry: ${names}.`,
  patterns: (names) =>
    `The CDN serves files by their own paths, and the exports of these packages have patterns that name other paths: ${names}. Imports of such subpaths fail.`,
  views: (names) => `A CDN has one copy of each version, but the copies of ${names} here see different dependencies.`,
};

const CDN: WayOut = {
  kind: "option",
  option: "provider",
  text: 'Use a CDN that converts CommonJS to modules: provider: "esm.sh".',
};
const APPLIES: WayOut = {
  kind: "option",
  option: "provider",
  text: 'Use a CDN that applies exports to subpaths: provider: "esm.sh".',
};
const FILES: WayOut = { kind: "option", option: "provider", text: "Install the project, and pass it as the provider." };
const TAKE: WayOut = { kind: "option", option: "onWarning", text: "Pass `onWarning` to get the map without them." };

/** Returns EIMPORTMAP with all omissions in `details.leftOut`. */
export function incompleteMap(leftOut: readonly Omission[]): Failure {
  const kinds = [...new Set(leftOut.map(({ why }) => why))];
  const message = kinds.map((kind) => SENTENCES[kind](named(leftOut.filter(({ why }) => why === kind)))).join(" ");
  const first = leftOut[0] as Omission;
  return badImportMap(message, {
    package: first.node.name,
    requiredBy: [...new Set(leftOut.flatMap(({ node }) => node.edgesIn.map(({ from }) => from.location)))],
    details: {
      leftOut: leftOut.map(({ why, node, what, importer }) => ({
        why,
        package: idOf(node),
        location: node.location,
        ...(what !== undefined && { what }),
        ...(importer !== undefined && { importer }),
      })),
    },
    wayOut: waysOut(new Set(kinds)),
  });
}

function waysOut(kinds: ReadonlySet<Omission["why"]>): WayOut[] {
  if (kinds.has("commonjs") || kinds.has("missing")) return [CDN, TAKE];
  const only = kinds.has("patterns") && kinds.size === 1;
  return only ? [APPLIES, FILES] : [FILES, TAKE];
}

/** Lists at most five packages: `react@19.1.0, scheduler@0.25.0`. */
function named(leftOut: readonly Omission[]): string {
  const names = [
    ...new Set(
      leftOut.map(({ node, why, what }) => idOf(node) + (why === "missing" || why === "patterns" ? ` (${what})` : "")),
    ),
  ];
  return names.length > 5 ? `${names.slice(0, 4).join(", ")} and ${names.length - 4} others` : names.join(", ");
}

function idOf(node: TreeNode): string {
  const { packageName, version } = node.target ?? node;
  return `${packageName}@${version}`;
}

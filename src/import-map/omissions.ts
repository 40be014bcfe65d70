import type { Failure, WayOut } from "../api/failure.ts";
import type { ImportMap } from "../api/flat.ts";
import type { TreeNode } from "../api/resolve.ts";
import { badImportMap } from "../errors/tree.ts";

/** Why something that the project needs is not in the map. */
export interface Omission {
  /** `commonjs`: a browser cannot import it. `missing`: it is not there. `elsewhere`: the CDN has no such package. `views`: see `sees`. */
  readonly why: "commonjs" | "missing" | "elsewhere" | "views";
  readonly node: TreeNode;
  /** A file, relative to the project; or what is imported and is not there. */
  readonly what?: string;
  /** The file that imports it. */
  readonly importer?: string;
}

export interface ImportMapResult {
  readonly map: ImportMap;
  readonly leftOut: readonly Omission[];
}

const SENTENCES: Readonly<Record<Omission["why"], (names: string) => string>> = {
  commonjs: (names) => `A browser cannot import ${names}: what is published is CommonJS.`,
  missing: (names) => `A page has nothing for what these import: ${names}.`,
  elsewhere: (names) => `No CDN has ${names}: they come from elsewhere than a registry.`,
  views: (names) => `A CDN has one copy of ${names}, and here copies of one version see different dependencies.`,
};

const CDN: WayOut = {
  kind: "option",
  option: "provider",
  text: 'Take them from a CDN that makes modules of CommonJS: provider: "esm.sh".',
};
const FILES: WayOut = { kind: "option", option: "provider", text: "Install the project, and give it as the provider." };
const TAKE: WayOut = { kind: "option", option: "onWarning", text: "Give `onWarning` to have the map without them." };

/** EIMPORTMAP: what a page of the project would miss. `details.leftOut` has all of it. */
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
    wayOut: [...(kinds.some((kind) => kind === "commonjs" || kind === "missing") ? [CDN] : [FILES]), TAKE],
  });
}

/** `react@19.1.0, scheduler@0.25.0`; at most five by name. */
function named(leftOut: readonly Omission[]): string {
  const names = [
    ...new Set(leftOut.map(({ node, why, what }) => idOf(node) + (why === "missing" ? ` (${what})` : ""))),
  ];
  return names.length > 5 ? `${names.slice(0, 4).join(", ")} and ${names.length - 4} others` : names.join(", ");
}

function idOf(node: TreeNode): string {
  const { packageName, version } = node.target ?? node;
  return `${packageName}@${version}`;
}

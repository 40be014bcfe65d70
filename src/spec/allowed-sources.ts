// Loaded on demand: when an option forbids a source of packages.

import type { ErrorCode } from "../api/error-code.ts";
import type { Failure } from "../api/failure.ts";
import { failure } from "../errors/failure.ts";
import type { SourceOptions } from "./restricts-sources.ts";

/** A package that is about to be loaded from somewhere else than a registry. */
interface SourceRequest {
  /** The type of its spec. Registry specs are always allowed. */
  readonly type: string;
  readonly name: string;
  readonly spec: string;
  /** Whether the project or a workspace requires it. */
  readonly isOwn: boolean;
  /** The location of the dependent: `""` is the project. */
  readonly from: string;
}

interface Source {
  readonly option: keyof SourceOptions;
  readonly key: string;
  readonly code: ErrorCode;
  readonly instead: string;
}

const PUBLISHED = "Use a version from a registry";

const SOURCES: ReadonlyMap<string, Source> = new Map<string, Source>([
  ["git", { option: "allowGit", key: "allow-git", code: "EALLOWGIT", instead: PUBLISHED }],
  ["remote", { option: "allowRemote", key: "allow-remote", code: "EALLOWREMOTE", instead: PUBLISHED }],
  ["file", { option: "allowFile", key: "allow-file", code: "EALLOWFILE", instead: PUBLISHED }],
  [
    "directory",
    { option: "allowDirectory", key: "allow-directory", code: "EALLOWDIRECTORY", instead: "Make it a workspace" },
  ],
]);

/**
 * Returns the failure for a source that an option forbids, or null. `none` forbids it, and `root` allows it to the project and its
 * workspaces only (npm-tree §9).
 */
export function forbiddenSource(options: SourceOptions, request: SourceRequest): Failure | null {
  const source = SOURCES.get(request.type);
  const mode = (source && options[source.option]) ?? "all";
  if (!source || mode === "all" || (mode === "root" && request.isOwn)) return null;
  const { option, key, code, instead } = source;
  const { name, spec, from } = request;
  const id = name && !spec.startsWith(`${name}@`) ? `${name}@${spec}` : spec;
  const message = `${key}=${mode} forbids ${id}, which ${from || "the project"} requires.`;
  const values = mode === "root" || !request.isOwn ? '"all"' : '"root" or "all"';
  return failure(code, message, {
    ...(name && { package: name }),
    spec,
    requiredBy: [from],
    wayOut: [
      {
        kind: "other",
        text: `${instead}, or set \`${option}\` (${key} in .npmrc) to ${values} if you trust the source.`,
      },
    ],
  });
}

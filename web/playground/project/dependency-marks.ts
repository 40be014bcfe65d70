import type { Failure } from "../../../src/api/failure.ts";
import { pathGroups } from "../failure/problem-paths.ts";
import { namesInProject, proofOf } from "../failure/proof-steps.ts";
import { checkJson, isDependencyPath, type JsonEntry, type TextMark } from "./json-check.ts";

/** Returns error marks for the project's own dependencies that a failure involves. */
export function dependencyMarks(failure: Failure, entries: readonly JsonEntry[]): TextMark[] {
  const { package: name, message } = failure;
  // The first step below the project, on each side of a conflict.
  const direct = pathGroups(failure).flatMap(({ paths }) => paths.map((steps) => steps[1]?.name));
  const proof = proofOf(failure);
  const involved = new Set([name, ...direct, ...(proof ? namesInProject(proof) : [])]);
  const found = entries.filter((entry) => isDependencyPath(entry.path) && involved.has(entry.path[1]));
  return found.map(({ value: [from, to] }) => ({ from, to, severity: "error", message }));
}

/** Finds the line of a dependency in the first package.json that lists it. */
export function findDependency(
  files: Readonly<Record<string, string>>,
  name: string,
): { path: string; from: number; to: number } | undefined {
  for (const [path, text] of Object.entries(files)) {
    if (!/(^|\/)package\.json$/.test(path)) continue;
    const entry = checkJson(text, true).entries.find((one) => isDependencyPath(one.path) && one.path[1] === name);
    if (entry) return { path, from: entry.key[0], to: entry.value[1] };
  }
  return undefined;
}

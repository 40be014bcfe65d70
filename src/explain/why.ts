import type { TreeEdge, WhyAnswer } from "../api/resolve.ts";
import { invalidInput, shortValue } from "../errors/invalid-option.ts";

/**
 * Explains why each package is in the tree: one chain per line, from the project to the package, the shortest first. Prints up to
 * `most` chains of each package.
 *
 *     ms@2.0.0  node_modules/ms
 *       the root project › express@"^4.18.0" › debug@"2.6.9" › ms@"2.0.0"
 *
 * @throws InstallError EINVALIDINPUT
 */
export function explainWhy(answers: readonly WhyAnswer[], most: number = Number.POSITIVE_INFINITY): string {
  if (!Array.isArray(answers) || answers.some((answer) => !Array.isArray(answer?.paths)))
    throw invalidInput("explainWhy takes the answers of a resolution's method `why`.");
  if (typeof most !== "number" || !(most >= 0))
    throw invalidInput(`most must be a number from 0, not ${shortValue(most)}.`);
  return answers
    .map(({ node, paths }) => {
      const lines = [`${node.packageName}@${node.version}  ${node.location || "the root project"}`];
      for (const { edges } of paths.slice(0, most)) lines.push(`  the root project${edges.map(step).join("")}`);
      if (paths.length > most) lines.push(`  and ${paths.length - most} more`);
      if (paths.length === 0) lines.push("  nothing requires it");
      return lines.join("\n");
    })
    .join("\n\n");
}

function step({ type, name, spec, error }: TreeEdge): string {
  if (type === "workspace") return ` › workspace ${name}`;
  return ` › ${type === "prod" ? "" : `${type} `}${name}@"${spec}"${error ? ` (${error.toLowerCase()})` : ""}`;
}

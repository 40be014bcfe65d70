import { join } from "./location.ts";
import type { PlanNode } from "./lock-nodes.ts";
import type { PlannedLink } from "./plan.ts";

/**
 * Returns the links in every `.bin` folder, by npm's rules:
 *
 * 1. Packages come before links, each in npm's order.
 * 2. The first one to claim a command's name gets it, even if its file is missing and no link is made.
 * 3. The commands of a link lead through the link.
 *
 * @param installed in npm's order
 */
export function binLinks(installed: readonly PlanNode[]): PlannedLink[] {
  const targets = new Set(installed.map(({ target }) => target));
  const links = new Map<string, PlannedLink>();
  const link = ({ location, parent, manifest }: PlanNode): void => {
    for (const [name, path] of Object.entries(binsOf(manifest))) {
      const at = join((parent as PlanNode).location, `node_modules/.bin/${name}`);
      if (!links.has(at)) links.set(at, { path: at, to: `${location}/${path}`, bin: location });
    }
  };
  for (const node of installed) if (node.kind === "package" && !targets.has(node)) link(node);
  for (const node of installed) if (node.kind === "link") link(node);
  return [...links.values()];
}

/** Returns a package's commands: names and paths of files inside the package. */
export function binsOf({ bin }: PlanNode["manifest"]): Record<string, string> {
  const bins = Object.entries(bin).map(([name, path]) => [name, path.replace(/\/$/, "")] as const);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are refused
  return Object.fromEntries(bins.filter((pair) => !/[\u0000-\u001f\u007f]/.test(pair.join(""))));
}

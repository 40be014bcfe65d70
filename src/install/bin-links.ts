import { join } from "./location.ts";
import type { PlanNode } from "./lock-nodes.ts";
import type { PlannedLink } from "./plan.ts";

/**
 * The commands in every `.bin`, by npm's rules: packages before links, each in the order of their paths; the first to
 * claim a name has it, even where its file turns out not to be there and no link is made. A link's commands lead through it.
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

/** A package's commands: name to the path of a file inside it. */
export function binsOf({ bin }: PlanNode["manifest"]): Record<string, string> {
  const bins = Object.entries(bin).map(([name, path]) => [name, path.replace(/\/$/, "")] as const);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  return Object.fromEntries(bins.filter((pair) => !/[\u0000-\u001f\u007f]/.test(pair.join(""))));
}

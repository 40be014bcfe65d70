import type { PackumentSummary } from "../../../src/api/resolve.ts";
import { checkJson, isDependency } from "./json-check.ts";

export type Versions = (name: string) => Promise<PackumentSummary>;

/** The part of CodeMirror's completion context that is used here. */
interface Context {
  readonly state: { readonly doc: { toString(): string } };
  readonly pos: number;
}

interface Option {
  label: string;
  detail?: string;
  boost?: number;
}

interface Result {
  from: number;
  to: number;
  options: Option[];
  validFor: RegExp;
}

const MOST_VERSIONS = 200;

/** Offers tags and versions inside the string that says what is wanted of a package. */
export function completions(versions: Versions): (context: Context) => Promise<Result | null> {
  return async ({ state, pos }) => {
    const text = state.doc.toString();
    const { entries } = checkJson(text, false);
    const entry = entries.find(({ path, value: [from, to] }) => isDependency(path) && pos > from && pos < to);
    if (!entry || text[entry.value[0]] !== '"') return null;
    try {
      const summary = await versions(entry.path[1] ?? "");
      return { from: entry.value[0] + 1, to: entry.value[1] - 1, options: offers(summary), validFor: /^[^"]*$/ };
    } catch {
      // No such package or no network: nothing to offer. Resolving will say so.
      return null;
    }
  };
}

function offers({ versions, distTags }: PackumentSummary): Option[] {
  const options: Option[] = [];
  for (const [tag, version] of Object.entries(distTags)) {
    const boost = tag === "latest" ? 99 : 90;
    options.push({ label: `^${version}`, detail: tag, boost });
    if (tag !== "latest") options.push({ label: tag, detail: version, boost: 50 });
  }
  // Newest last in a packument, newest first in a list to choose from.
  versions.slice(-MOST_VERSIONS).forEach((label, i) => void options.push({ label, boost: (i / MOST_VERSIONS) * 40 }));
  return options;
}

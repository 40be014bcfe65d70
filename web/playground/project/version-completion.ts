import type { PackumentSummary } from "../../../src/api/resolve.ts";
import { checkJson, isDependencyPath } from "./json-check.ts";

export type LoadVersions = (name: string) => Promise<PackumentSummary>;

/** The part of CodeMirror's completion context that is used here. */
interface CompletionContext {
  readonly state: { readonly doc: { toString(): string } };
  readonly pos: number;
}

interface CompletionOption {
  label: string;
  detail?: string;
  boost?: number;
}

interface CompletionResult {
  from: number;
  to: number;
  options: CompletionOption[];
  validFor: RegExp;
}

const MOST_VERSIONS = 200;

/** Completes the spec of a dependency with the package's tags and versions. */
export function versionCompletion(
  versions: LoadVersions,
): (context: CompletionContext) => Promise<CompletionResult | null> {
  return async ({ state, pos }) => {
    const text = state.doc.toString();
    const { entries } = checkJson(text, false);
    const entry = entries.find(({ path, value: [from, to] }) => isDependencyPath(path) && pos > from && pos < to);
    if (!entry || text[entry.value[0]] !== '"') return null;
    try {
      const summary = await versions(entry.path[1] ?? "");
      return {
        from: entry.value[0] + 1,
        to: entry.value[1] - 1,
        options: completionOptions(summary),
        validFor: /^[^"]*$/,
      };
    } catch {
      // Unknown package or no network: offer nothing. The next run reports the error.
      return null;
    }
  };
}

function completionOptions({ versions, distTags }: PackumentSummary): CompletionOption[] {
  const options: CompletionOption[] = [];
  for (const [tag, version] of Object.entries(distTags)) {
    const boost = tag === "latest" ? 99 : 90;
    options.push({ label: `^${version}`, detail: tag, boost });
    if (tag !== "latest") options.push({ label: tag, detail: version, boost: 50 });
  }
  // Packuments list the newest version last; the list shows it first.
  versions.slice(-MOST_VERSIONS).forEach((label, i) => void options.push({ label, boost: (i / MOST_VERSIONS) * 40 }));
  return options;
}

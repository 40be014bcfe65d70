import type { ConformanceCase } from "../../conformance/recorded.ts";
import type { RealMode } from "./trial.ts";

// The protocol between the page, which runs cases, and the harness in Node, which serves the page and the cases.

/** A case as JSON. Its packuments and tarballs are fetched one by one, when the page's registry needs them. */
export interface PlainCase extends Omit<ConformanceCase, "snapshot" | "project"> {
  project: Omit<ConformanceCase["project"], "files"> & { files: Record<string, string | { b64: string }> };
}

export const caseAddress = (index: number): string => `/cases/${index}`;

/** Returns the address of a document. `kind` is `packument` with a name, or `tarball` with a path below the registry. */
export function documentAddress(index: number, kind: string, key: string): string {
  return `${caseAddress(index)}/${kind}?${encodeURIComponent(key)}`;
}

export interface PageJob {
  index: number;
  modes: readonly RealMode[];
  /** The number of shuffled orders of arrival, besides the unshuffled one. */
  shuffles: number;
  metadata: "full" | "abbreviated";
}

export interface PageAnswer {
  wrong: string[];
  /** Of the unshuffled run in each mode. */
  milliseconds: Partial<Record<RealMode, number>>;
  /** The number of different orders of requests. */
  orders: number;
}

/** The global `modesPage`, which the harness calls. */
export interface ModesPage {
  run(job: PageJob): Promise<PageAnswer>;
}

import type { ConformanceCase } from "../../conformance/recorded.ts";
import type { RealMode } from "./trial.ts";

// Between the page, which runs cases, and the harness in Node, which has them and hosts the page.

/** A case as JSON. Its packuments and tarballs are asked for one by one, when something asks the page's registry for them. */
export interface PlainCase extends Omit<ConformanceCase, "snapshot" | "project"> {
  project: Omit<ConformanceCase["project"], "files"> & { files: Record<string, string | { b64: string }> };
}

export const caseAddress = (index: number): string => `/cases/${index}`;

/** `kind` is `packument`, of a name, or `tarball`, of a path below the registry. */
export function documentAddress(index: number, kind: string, key: string): string {
  return `${caseAddress(index)}/${kind}?${encodeURIComponent(key)}`;
}

export interface PageJob {
  index: number;
  modes: readonly RealMode[];
  /** Orders of arrival, besides the straight one. */
  shuffles: number;
  metadata: "full" | "abbreviated";
}

export interface PageAnswer {
  wrong: string[];
  /** Of each mode's straight run. */
  milliseconds: Partial<Record<RealMode, number>>;
  /** Different orders of requests. */
  orders: number;
}

/** What the page puts where the harness finds it. */
export interface ModesPage {
  run(job: PageJob): Promise<PageAnswer>;
}

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ResolveOptions } from "../../../src/api/resolve.ts";
import type { FakeManifest } from "../../support/fake-registry.ts";

/** The members of the project's package.json. */
export interface ScenarioRoot {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly overrides?: Readonly<Record<string, string>>;
}

export type Versions = Readonly<Record<string, string>>;

export type Expected =
  | { readonly versions: Versions }
  /** `names`: the packages that every explanation must mention, sorted. */
  | { readonly failure: "ENOSOLUTION"; readonly names: readonly string[] };

/** A published case, translated to npm's terms. */
export interface Scenario {
  readonly title: string;
  /** The name of the case in its source. */
  readonly case: string;
  /** The difference from the source, and the reason. */
  readonly changed?: string;
  /** The input of `fakeRegistry`. */
  readonly registry: Readonly<Record<string, FakeManifest>>;
  /** An earlier project. It is resolved first, and its lock is the input when `root` is resolved. */
  readonly first?: { readonly root: ScenarioRoot; readonly versions: Versions };
  readonly root: ScenarioRoot;
  readonly options?: Pick<ResolveOptions, "prereleases" | "resolutionMode" | "update">;
  readonly expect: Expected;
}

export interface ScenarioFile {
  readonly source: { readonly repository: string; readonly path: string; readonly licence: string };
  readonly cases: readonly Scenario[];
}

export const SOURCES = ["pub", "uv", "cargo", "pubgrub-rs"] as const;

/** Returns the name (`pub/lock`) and the content of each file of each source. */
export function scenarioFiles(): (readonly [string, ScenarioFile])[] {
  return SOURCES.flatMap((source) => {
    const folder = join(import.meta.dirname, source);
    const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
    return names.sort().map((name) => {
      const file = JSON.parse(readFileSync(join(folder, name), "utf8")) as ScenarioFile;
      return [`${source}/${name.slice(0, -5)}`, file] as const;
    });
  });
}

import type { ResolutionParts } from "../../src/answer/resolution.ts";
import { treeData } from "../../src/answer/tree-data.ts";
import type { Failure } from "../../src/api/failure.ts";
import type {
  InstallerOptions,
  MetadataForm,
  Progress,
  ProjectInput,
  ResolutionStats,
  ResolveOptions,
} from "../../src/api/resolve.ts";
import { orAbort } from "../../src/base/on-abort.ts";
import type { Steps } from "../../src/engine/need.ts";
import { type Project, readProject } from "../../src/engine/read-project.ts";
import { failure } from "../../src/errors/failure.ts";
import { invalidOption } from "../../src/errors/invalid-option.ts";
import type { FlatAnswer } from "../../src/flat/resolve-flat.ts";
import { resolveTree, writeProject } from "../../src/ideal/resolve.ts";
import { loadNpmrc, type Npmrc, withNpmrc } from "../../src/registry/npmrc.ts";
import { registryConfig } from "../../src/registry/registry-config.ts";
import { DEFAULT_PLATFORM } from "../host/default-platform.ts";
import type { Announcer } from "./placed-packages.ts";
import type { Connect, Supply } from "./supply.ts";

/** Those of an installer's settings that a run goes by: plain data. */
export type Settings = Pick<InstallerOptions, "registry" | "scopes" | "metadata" | "platform" | "cache">;

/** How far a run is. What is placed is asked at every step of the engine. */
export interface ProgressCounters {
  counts(): Pick<Progress, "known" | "fetched">;
  placed(): number;
}

/** Hears how far a run is. */
export interface Meter {
  phase(phase: Progress["phase"]): void;
  tick(): void;
  /** The last report. */
  end(): void;
  stop(): void;
}

export interface Job {
  settings: Settings;
  input: ProjectInput;
  options: ResolveOptions;
  signal: AbortSignal;
  connect: Connect;
  meter?: ((far: ProgressCounters) => Meter | Promise<Meter>) | undefined;
  /** Told which packages are placed while the engine works. */
  placed?: Announcer | undefined;
}

type Milliseconds = ResolutionStats["milliseconds"];

/** One resolution, whichever thread it is on and however it reaches packages. */
export class Run {
  readonly #job: Job;
  readonly #warnings: Failure[] = [];
  readonly #spent: Milliseconds = { read: 0, resolve: 0, complete: 0, write: 0, total: 0 };
  #last = performance.now();

  constructor(job: Job) {
    this.#job = job;
  }

  /** Rejects with the signal's reason when cancelled, else with an InstallError that says what can be done. */
  async resolve(): Promise<ResolutionParts> {
    const { signal } = this.#job;
    try {
      signal.throwIfAborted();
      return await this.#resolve();
    } catch (error) {
      signal.throwIfAborted();
      const { lastWord } = await import("../../src/explain/last-word.ts");
      throw lastWord(error);
    }
  }

  async #resolve(): Promise<ResolutionParts> {
    const { settings, input } = this.#job;
    const npmrc = await loadNpmrc(npmrcText(input));
    const options = dated(withNpmrc(npmrc, this.#job.options));
    const platform = { ...DEFAULT_PLATFORM, ...settings.platform };
    const project = await readProject({ ...input, options, platform });
    const supply = await this.#connect(project, npmrc);
    const { tree } = project.context;
    const placed = (): number => tree.inventory.size - 1;
    const meter = await this.#job.meter?.({ counts: () => supply.counts(), placed });
    this.#lap("read");
    try {
      meter?.phase("resolve");
      const { warnings, rung = null, solver } = await this.#drive(project, supply, meter);
      supply.settle();
      this.#lap("resolve");
      await this.#complete(project, supply, meter);
      meter?.phase("write");
      const { files, lockfile } = await supply.drive(writeProject(project), () => {});
      this.#lap("write");
      meter?.end();
      const all = [...npmrc.warnings, ...this.#warnings, ...warnings];
      return {
        // Bound, not an arrow: that would keep all that this run knows for as long as the answer is kept.
        tree: treeData.bind(null, tree.inventory),
        files,
        lockfile,
        warnings: all,
        stats: { ...this.#stats(supply, placed()), ...(solver && { solver }) },
        rung,
      };
    } finally {
      meter?.stop();
      supply.dispose();
    }
  }

  /** @throws InstallError EOFFLINE where a run without requests lacks anything, whatever the engine made of that */
  async #drive(project: Project, supply: Supply, meter: Meter | undefined): Promise<Built> {
    const offline = this.#job.settings.cache === "offline";
    const check = async (): Promise<void> => {
      if (offline) (await import("./check-offline.ts")).checkOffline(await supply.missing());
    };
    try {
      const { tree, options } = project.context;
      const steps = await strategyOf(project);
      const built = await supply.drive(steps, () => {
        meter?.tick();
        this.#job.placed?.tick(tree.inventory, options.platform);
      });
      await check();
      return built;
    } catch (error) {
      this.#job.signal.throwIfAborted();
      await check();
      throw error;
    }
  }

  async #complete(project: Project, supply: Supply, meter: Meter | undefined): Promise<void> {
    if (project.options.completeLockfile && supply.metadata === "abbreviated") {
      meter?.phase("complete");
      const { completeManifests } = await import("./complete-lock.ts");
      this.#warnings.push(...(await orAbort(completeManifests(project, supply), this.#job.signal)));
    }
    this.#lap("complete");
  }

  #lap(phase: Exclude<keyof Milliseconds, "total">): void {
    const now = performance.now();
    this.#spent[phase] += now - this.#last;
    this.#spent.total += now - this.#last;
    this.#last = now;
  }

  #stats(supply: Supply, nodes: number): ResolutionStats {
    const { requests, bytes, packuments, manifestsParsed, messages } = supply.counts();
    return { requests, bytes, packuments, manifestsParsed, nodes, messages, milliseconds: this.#spent };
  }

  async #connect(project: Project, npmrc: Npmrc): Promise<Supply> {
    const { settings, signal, connect } = this.#job;
    const config = registryConfig(settings, npmrc);
    const { metadata: asked = "abbreviated" } = settings;
    const metadata: MetadataForm = project.options.before ? "full" : asked;
    const warn = (warning: Failure): void => void this.#warnings.push(warning);
    if (metadata !== asked) {
      warn(failure("EFULLMETADATA", "A date limit needs publish times, so metadata was full"));
    }
    return await connect({ project, config, metadata, cache: settings.cache ?? "default", signal, warn });
  }
}

/** What either strategy answers. */
type Built = { warnings: readonly Failure[] } & Partial<Pick<FlatAnswer, "rung" | "solver">>;

/** The solver is loaded only for those who ask for a flat answer. */
async function strategyOf(project: Project): Promise<Steps<Built>> {
  const { strategy = "npm" } = project.options;
  if (strategy === "npm") return resolveTree(project);
  if (strategy !== "flat") throw invalidOption(`options.strategy must be "npm" or "flat", not "${strategy}".`);
  const { resolveFlat } = await import("../../src/flat/resolve-flat.ts");
  return resolveFlat(project);
}

function npmrcText({ files, root }: ProjectInput): string {
  const text = files[`${root ? `${root.replace(/^\.?\/+|\/+$/g, "")}/` : ""}.npmrc`];
  return typeof text === "string" ? text : text ? new TextDecoder().decode(text) : "";
}

const DAY = 86_400_000;

/** A minimum age is a date limit that moves with the clock. */
function dated(options: ResolveOptions): ResolveOptions {
  const { minReleaseAge, before } = options;
  return minReleaseAge && !before ? { ...options, before: new Date(Date.now() - minReleaseAge * DAY) } : options;
}

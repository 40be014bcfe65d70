import type {
  InstallerOptions,
  Progress,
  ProjectInput,
  Resolution,
  ResolutionStats,
  ResolveOptions,
} from "../src/api.ts";
import { type Failure, failure, type Outcome } from "../src/errors.ts";
import { type Asked, drive } from "../src/ideal/drive.ts";
import type { Answer, OpenedTarball } from "../src/ideal/need.ts";
import { type Project, readProject } from "../src/ideal/project.ts";
import { resolveTree, writeProject } from "../src/ideal/resolve.ts";
import { treeData } from "../src/ideal/tree-data.ts";
import { loadNpmrc, type Npmrc, withNpmrc } from "../src/registry/npmrc.ts";
import { PackumentSource } from "../src/registry/packument-source.ts";
import { Preload } from "../src/registry/preload.ts";
import { registryConfig } from "../src/registry/registry-config.ts";
import { createFetchTransport } from "./net/fetch-transport.ts";
import { DEFAULT_PLATFORM } from "./platform.ts";
import type { ProgressMeter } from "./progress.ts";
import { resolutionOf } from "./resolution.ts";
import { Breather } from "./yield.ts";

type RunOptions = ResolveOptions & { signal: AbortSignal };
type Milliseconds = ResolutionStats["milliseconds"];

/** One resolution on this thread: the engine under the local driver, the preload beside it, one transport for both. */
export class Run {
  readonly #installer: InstallerOptions;
  readonly #input: ProjectInput;
  readonly #given: RunOptions;
  readonly #warnings: Failure[] = [];
  readonly #spent: Milliseconds = { read: 0, resolve: 0, complete: 0, write: 0, total: 0 };
  #last = performance.now();

  constructor(installer: InstallerOptions, input: ProjectInput, options: RunOptions) {
    this.#installer = installer;
    this.#input = input;
    this.#given = options;
  }

  /** Rejects with the signal's reason when cancelled, else with an InstallError that says what can be done. */
  async resolve(): Promise<Resolution> {
    try {
      return await this.#resolve();
    } catch (error) {
      this.#given.signal.throwIfAborted();
      const { lastWord } = await import("../src/explain/last-word.ts");
      throw lastWord(error);
    }
  }

  async #resolve(): Promise<Resolution> {
    const npmrc = await loadNpmrc(npmrcText(this.#input));
    const options = dated(withNpmrc(npmrc, this.#given));
    const platform = { ...DEFAULT_PLATFORM, ...this.#installer.platform };
    const project = await readProject({ ...this.#input, options, platform });
    const { source, dispose } = this.#connect(npmrc, options);
    const { tree } = project.context;
    const counts = () => ({ ...source.counts, placed: tree.inventory.size - 1 });
    const meter = await this.#meter(counts);
    const preload = this.#preload(project, source);
    this.#lap("read");
    try {
      meter?.phase("resolve");
      preload.follow(tree.root.manifest, true);
      const { warnings } = await drive(resolveTree(project), this.#host(project, source, meter));
      preload.stop();
      this.#lap("resolve");
      if (options.completeLockfile && source.metadata === "abbreviated") {
        meter?.phase("complete");
        const { completeManifests } = await import("./complete.ts");
        this.#warnings.push(...(await completeManifests(project, source)));
        this.#given.signal.throwIfAborted();
      }
      this.#lap("complete");
      meter?.phase("write");
      const { files, lockfile } = writeProject(project);
      this.#lap("write");
      meter?.end();
      const all = [...npmrc.warnings, ...this.#warnings, ...warnings];
      return resolutionOf({
        // Bound, not an arrow: that would keep all that this run knows for as long as the answer is kept.
        tree: treeData.bind(null, tree.inventory),
        files,
        lockfile,
        warnings: all,
        stats: this.#stats(source, tree.inventory.size - 1),
      });
    } finally {
      preload.stop();
      meter?.stop();
      dispose();
    }
  }

  #host(project: Project, source: PackumentSource, meter: ProgressMeter | undefined) {
    const breather = new Breather();
    return {
      signal: this.#given.signal,
      answer: (need: Asked) => answer(need, source, project),
      peek: (need: Asked) => (need.kind === "packument" ? source.peek(need.key) : undefined),
      breathe: () => {
        meter?.tick();
        return breather.breathe();
      },
    };
  }

  /** Undefined where nobody wants to hear of progress. */
  async #meter(counts: () => Omit<Progress, "phase">): Promise<ProgressMeter | undefined> {
    const { onProgress } = this.#installer;
    return onProgress && new (await import("./progress.ts")).ProgressMeter(onProgress, counts);
  }

  #lap(phase: Exclude<keyof Milliseconds, "total">): void {
    const now = performance.now();
    this.#spent[phase] += now - this.#last;
    this.#spent.total += now - this.#last;
    this.#last = now;
  }

  #stats({ counts, manifestsParsed }: PackumentSource, nodes: number): ResolutionStats {
    const { requests, bytes, packuments } = counts;
    return { requests, bytes, packuments, manifestsParsed, nodes, milliseconds: this.#spent };
  }

  #connect(npmrc: Npmrc, options: ResolveOptions): { source: PackumentSource; dispose: () => void } {
    const config = registryConfig(this.#installer, npmrc);
    const transport = createFetchTransport({
      ...this.#installer,
      registry: config.registry,
      onWarning: (warning) => this.#warnings.push(warning),
    });
    const { metadata: asked = "abbreviated" } = this.#installer;
    const metadata = options.before ? "full" : asked;
    if (metadata !== asked) {
      const why = "A date limit needs publish times, so metadata was full";
      this.#warnings.push(failure("EFULLMETADATA", why));
    }
    const source = new PackumentSource({ transport, config, metadata, signal: this.#given.signal });
    return { source, dispose: () => transport.dispose() };
  }

  #preload(project: Project, source: PackumentSource): Preload {
    const { world, options, lock, tree } = project.context;
    const known = new Set([...tree.workspaceSpecs.values()].map(({ name }) => name));
    // Entries of older locks are fetched once more, whatever they are.
    if ((lock?.originalLockfileVersion ?? 0) >= 2) {
      for (const { manifest } of lock?.packages.values() ?? []) known.add(manifest.name ?? "");
    }
    const overrides = new Map<string, string>();
    for (const rule of world.overrides?.children.values() ?? []) {
      const plain = rule.keySpec === "*" && rule.value !== "*" && !rule.value.startsWith("$");
      if (plain) overrides.set(rule.name, rule.value);
    }
    return new Preload(source, { policy: options.policyFor, overrides, known, peers: !world.legacyPeerDeps });
  }
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

async function answer(need: Asked, source: PackumentSource, project: Project): Promise<Answer> {
  switch (need.kind) {
    case "packument":
      return await source.packument(need.key);
    case "tarball":
      return await openTarball(need, source, project);
    default:
      return need satisfies never;
  }
}

async function openTarball(
  need: Asked & { kind: "tarball" },
  source: PackumentSource,
  project: Project,
): Promise<Outcome<OpenedTarball>> {
  const { name, key, integrity } = need;
  const bytes = key.startsWith("file:") ? project.tarball(key.slice(5), name) : await source.tarball(name, key);
  if (!bytes.ok) return bytes;
  const { openPackage } = await import("./tarball.ts");
  return await openPackage(bytes.value, { name, url: key, integrity });
}

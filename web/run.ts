import type { InstallerOptions, ProjectInput, Resolution, ResolutionStats, ResolveOptions } from "../src/api.ts";
import { type Failure, failure, InstallError, type Outcome } from "../src/errors.ts";
import { drive } from "../src/ideal/drive.ts";
import type { Answer, Need, OpenedTarball } from "../src/ideal/need.ts";
import { type Project, readProject } from "../src/ideal/project.ts";
import { resolveProject } from "../src/ideal/resolve.ts";
import { loadNpmrc, type Npmrc, withNpmrc } from "../src/registry/npmrc.ts";
import { PackumentSource } from "../src/registry/packument-source.ts";
import { Preload } from "../src/registry/preload.ts";
import { registryConfig } from "../src/registry/registry-config.ts";
import { createFetchTransport } from "./fetch-transport.ts";
import { DEFAULT_PLATFORM } from "./installer.ts";
import { ProgressMeter } from "./progress.ts";
import { resolutionOf } from "./resolution.ts";
import { Breather } from "./yield.ts";

type RunOptions = ResolveOptions & { signal: AbortSignal };

/** One resolution on this thread: the engine under the local driver, the preload beside it, one transport for both. */
export class Run {
  readonly #installer: InstallerOptions;
  readonly #input: ProjectInput;
  readonly #options: RunOptions;
  readonly #warnings: Failure[] = [];

  constructor(installer: InstallerOptions, input: ProjectInput, options: RunOptions) {
    this.#installer = installer;
    this.#input = input;
    this.#options = options;
  }

  async resolve(): Promise<Resolution> {
    const started = performance.now();
    const { onProgress } = this.#installer;
    const npmrc = await loadNpmrc(npmrcText(this.#input));
    const options = dated(withNpmrc(npmrc, this.#options));
    const { signal } = this.#options;
    const platform = { ...DEFAULT_PLATFORM, ...this.#installer.platform };
    const project = await readProject({ ...this.#input, options, platform });
    const { source, transport } = this.#source(npmrc, options);
    const meter = new ProgressMeter(onProgress, () => ({
      known: source.counts.known,
      fetched: source.counts.fetched,
      placed: project.context.tree.inventory.size - 1,
    }));
    const preload = this.#preload(project, source);
    const read = performance.now();
    try {
      meter.phase("resolve");
      const breather = new Breather();
      const host = {
        signal,
        answer: (need: Need) => answer(need, source, project),
        peek: (need: Need) => (need.kind === "packument" ? source.peek(need.key) : undefined),
        breathe: () => {
          meter.tick();
          return breather.breathe();
        },
      };
      preload.follow(project.context.tree.root.manifest, true);
      const { files, lockfile, warnings } = await drive(resolveProject(project), host);
      preload.stop();
      meter.end();
      const total = performance.now() - started;
      const stats: ResolutionStats = {
        requests: source.counts.requests,
        bytes: source.counts.bytes,
        packuments: source.counts.packuments,
        manifestsParsed: source.manifestsParsed,
        nodes: project.context.tree.inventory.size - 1,
        milliseconds: { read: read - started, resolve: total - (read - started), complete: 0, write: 0, total },
      };
      return resolutionOf({
        tree: project.context.tree,
        files,
        lockfile,
        warnings: [...npmrc.warnings, ...this.#warnings, ...warnings],
        stats,
      });
    } finally {
      preload.stop();
      transport.dispose();
    }
  }

  #source(npmrc: Npmrc, options: ResolveOptions) {
    const config = registryConfig(this.#installer, npmrc);
    const transport = createFetchTransport({
      ...this.#installer,
      registry: config.registry,
      onWarning: (warning) => this.#warnings.push(warning),
    });
    const { metadata: asked = "abbreviated" } = this.#installer;
    const metadata = options.before ? "full" : asked;
    if (metadata !== asked) {
      const why = "A date limit needs the publish times, so full metadata was fetched though abbreviated was asked for";
      this.#warnings.push(failure("EFULLMETADATA", why));
    }
    const source = new PackumentSource({ transport, config, metadata, signal: this.#options.signal });
    return { source, transport };
  }

  #preload(project: Project, source: PackumentSource): Preload {
    const { context } = project;
    const { world, options } = context;
    const overrides = new Map<string, string>();
    for (const rule of world.overrides?.children.values() ?? []) {
      const plain = rule.keySpec === "*" && rule.value !== "*" && !rule.value.startsWith("$");
      if (plain) overrides.set(rule.name, rule.value);
    }
    return new Preload(source, { policy: options.policyFor, overrides, peers: !world.legacyPeerDeps });
  }
}

function npmrcText({ files, root }: ProjectInput): string {
  const text = files[`${root ? `${root.replace(/\/+$/, "")}/` : ""}.npmrc`];
  return text === undefined ? "" : typeof text === "string" ? text : new TextDecoder().decode(text);
}

const DAY = 86_400_000;

/** A minimum age is a date limit that moves with the clock. */
function dated(options: ResolveOptions): ResolveOptions {
  const { minReleaseAge, before } = options;
  return minReleaseAge && !before ? { ...options, before: new Date(Date.now() - minReleaseAge * DAY) } : options;
}

async function answer(need: Need, source: PackumentSource, project: Project): Promise<Answer> {
  switch (need.kind) {
    case "packument":
      return await source.packument(need.key);
    case "manifest":
      return await source.manifest(need.name, need.version);
    case "tarball":
      return await openTarball(need, source, project);
    case "pause":
      throw new InstallError(failure("EINTERNAL", "a pause is not a need"));
    default:
      return need satisfies never;
  }
}

async function openTarball(
  need: Need & { kind: "tarball" },
  source: PackumentSource,
  project: Project,
): Promise<Outcome<OpenedTarball>> {
  const { name, key, integrity } = need;
  const bytes = key.startsWith("file:") ? project.tarball(key.slice(5), name) : await source.tarball(name, key);
  if (!bytes.ok) return bytes;
  const { openPackage } = await import("./tarball.ts");
  return await openPackage(bytes.value, { name, url: key, integrity });
}

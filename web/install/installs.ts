// Loaded on demand: with the first install.
import type { Failure } from "../../src/api/failure.ts";
import type { InstalledProject, InstallInput, InstallOptions } from "../../src/api/install.ts";
import type { InstallerOptions, ProjectInput, Resolution, ResolveOptions } from "../../src/api/resolve.ts";
import { onAbort } from "../../src/base/on-abort.ts";
import { runWithPauses } from "../../src/base/run-to-end.ts";
import { InstallError } from "../../src/errors/failure.ts";
import { cancelled, disposed } from "../../src/errors/work.ts";
import { Installation } from "../../src/install/installation.ts";
import { type LockedProject, lockedProject, type ProjectFacts } from "../../src/install/locked-project.ts";
import { sharedPacks } from "../../src/install/pack-pipeline.ts";
import { type PackSource, packSource } from "../../src/install/pack-source.ts";
import { type PlanOptions, WASM_PLATFORM } from "../../src/install/plan.ts";
import { loadPlanCode } from "../../src/install/read-plan.ts";
import { createMemoryPackCache } from "../../src/pack-cache/memory-pack-cache.ts";
import type { PackCache } from "../../src/pack-cache/pack-cache.ts";
import { loadNpmrc, type Npmrc, withNpmrc } from "../../src/registry/npmrc.ts";
import { type RegistryConfig, registryConfig, registryOf } from "../../src/registry/registry-config.ts";
import { tarballUrl } from "../../src/registry/tarball-url.ts";
import { npmRules } from "../../src/spec/npm-rules.ts";
import { restrictsSources, type SourceOptions } from "../../src/spec/restricts-sources.ts";
import { DEFAULT_PLATFORM } from "../../workers/host/default-platform.ts";
import { nextTurn } from "../../workers/host/yield.ts";
import type { PlacedPackage } from "../../workers/run/placed-packages.ts";
import { openPackCache } from "../../workers/storage/open-pack-cache.ts";
import type { Backend, RunOptions } from "../backends/backend.ts";
import { plainOptions } from "../options/plain-input.ts";
import { Downloads } from "./downloads.ts";
import { installPorts } from "./ports.ts";
import { ProgressReporter } from "./progress-reporter.ts";
import { type CheckedInput, lockOf, type OwnFiles, readInput } from "./read-input.ts";
import { substitute, substitutesIn } from "./substitution.ts";

/** Bytes of packs that a cache in memory keeps. It is used if nothing can be stored. */
const MEMORY_CACHE = 1 << 30;

/** Checks whether a package.json, a lock or a list of files has words that stand for patches and extensions. */
function hasFeatures(text: string): boolean {
  return /"(?:packageExtensions|patched|npmExtension)|\.npm-extension/.test(text);
}

/** Returns the version of npm whose rules apply. */
function npmOf({ platform }: InstallerOptions): string {
  return { ...DEFAULT_PLATFORM, ...platform }.npm;
}

/** Sinks that a cancelled install is still restoring: the next install into one of them waits for that. */
const restoring = new WeakMap<object, Promise<void>>();

/** An install whose input and options were checked. */
interface CheckedInstall {
  readonly signal: AbortSignal;
  readonly options: InstallOptions;
  /** The project's own files, if the input has them. */
  readonly own: OwnFiles | undefined;
  readonly config: RegistryConfig;
  /** `options.resolve`, copied and checked. */
  readonly resolve: ResolveOptions;
  readonly sources: SourceOptions;
  readonly scripts: Pick<PlanOptions, "scripts" | "scriptsAllowed">;
}

/** The installs of one installer. They share an extractor and a pack cache and, at the same time, downloads and verified packs. */
export class Installs {
  readonly #options: InstallerOptions;
  readonly #backend: Backend;
  #extractor: ReturnType<Backend["extractor"]> | undefined;
  #packCache: PackCache | undefined;
  readonly #sharedPacks = sharedPacks();
  #disposed = false;
  /** Installs whose packs are not stored yet: they get the warnings of the pack cache. */
  readonly #storing = new Set<Installation>();

  /** @param extractor one that was started early, if any */
  constructor(options: InstallerOptions, backend: Backend, extractor?: ReturnType<Backend["extractor"]>) {
    this.#options = options;
    this.#backend = backend;
    this.#extractor = extractor;
  }

  /** @throws InstallError, or the signal's reason */
  async install(input: InstallInput, options: InstallOptions, signal: AbortSignal): Promise<InstalledProject> {
    if (Object.keys(options).length > 0)
      await (await import("../options/check-options.ts")).checkInstallOptions(options);
    const { sink } = options;
    if (!sink) return await this.#install(input, options, signal);
    await restoring.get(sink);
    signal.throwIfAborted();
    const work = this.#install(input, options, signal);
    const ended = work.then(
      () => {},
      () => {},
    );
    const stopListening = onAbort(signal, () => void restoring.set(sink, ended));
    void ended.then(stopListening);
    return await work;
  }

  async #install(given: InstallInput, options: InstallOptions, signal: AbortSignal): Promise<InstalledProject> {
    const input = readInput(given, options);
    const { own } = input;
    const resolve = plainOptions(() => options.resolve ?? {}, "options.resolve");
    if (options.resolve) await (await import("../options/check-options.ts")).checkResolveOptions(resolve);
    const npmrc = await loadNpmrc(own?.read.text(".npmrc") ?? "", {
      ...this.#options,
      strictNpmrc: resolve.strictNpmrc,
      npmRules: npmRules(npmOf(this.#options)),
    });
    const sources = withNpmrc(npmrc, resolve);
    const config = registryConfig(this.#options, npmrc, sources.replaceRegistryHost);
    const { warnings, ...scripts } = await scriptsOf(own, npmrc, this.#options);
    const checked: CheckedInstall = { signal, options, own, config, resolve, sources, scripts };
    const nets: Backend["nets"] = (concurrency) => this.#backend.nets(concurrency);
    const downloads = new Downloads({ installer: this.#options, nets, config, own, limit: options.limits?.tarball });
    signal.throwIfAborted();
    const extractor = await this.#openExtractor();
    const progress =
      options.onProgress && new ProgressReporter(options.onProgress, signal, (why) => installation.warn(why));
    const packCache = this.#openPackCache();
    const shared = this.#sharedPacks.join();
    const ports = installPorts(this.#options, options, { downloads, extractor, packCache, progress, shared });
    const installation = new Installation(ports, options, signal);
    for (const warning of warnings) installation.warn(warning);
    // The resolution of a project has these warnings itself.
    if (input.kind === "lock") for (const warning of npmrc.warnings) installation.warn(warning);
    this.#storing.add(installation);
    const ended = (): void => {
      this.#storing.delete(installation);
      shared.leave();
    };
    try {
      const installed = await installation.run(() => this.#lockProject(input, installation, checked));
      void installed.stored.finally(ended);
      return installed;
    } catch (error) {
      ended();
      throw error;
    } finally {
      progress?.end();
      downloads.end();
    }
  }

  async usage(): Promise<{ packBytes: number; packs: number }> {
    const { bytes, packs } = await this.#openPackCache().usage();
    return { packBytes: bytes, packs };
  }

  async clear(): Promise<void> {
    await this.#openPackCache().clear();
  }

  /** Ends the extractor, and closes the pack cache once everything is written. Installed projects stay readable. */
  dispose(): void {
    void this.#extractor?.then((extractor) => extractor.dispose()).catch(() => {});
    this.#disposed = true;
    void this.#packCache?.close();
  }

  /** Resolves the project, or reads the lock of the input. */
  #lockProject(
    input: CheckedInput,
    installation: Installation,
    checked: CheckedInstall,
  ): Promise<LockedProject> | LockedProject {
    switch (input.kind) {
      case "project":
        return this.#resolveProject(input.project, installation, checked);
      case "resolution":
        return this.#lockedProject(lockOf(input.resolution), { resolution: input.resolution }, checked);
      case "lock":
        return this.#readLock(input.text, checked);
    }
  }

  /** Reads a lock, and compares it with the project's package.json, if that is known. */
  async #readLock(text: string, checked: CheckedInstall): Promise<LockedProject> {
    const { own, resolve, signal } = checked;
    if (own && [own.read.text("package.json") ?? "", Object.keys(own.files).join(), text].some(hasFeatures)) {
      const { assertInSync } = await import("../../src/install/lock-in-sync.ts");
      const { parseLargeJson } = await loadPlanCode(text, {});
      const { allowUnusedPatches } = resolve;
      const steps = assertInSync(text, own.read, { npm: npmOf(this.#options), allowUnusedPatches, parseLargeJson });
      await runWithPauses(steps, async () => {
        await nextTurn();
        signal.throwIfAborted();
      });
    }
    return this.#lockedProject(text, { resolution: null }, checked);
  }

  #lockedProject(
    lock: string | undefined,
    facts: Omit<ProjectFacts, "files">,
    { options, own, config, sources, scripts }: CheckedInstall,
  ): LockedProject {
    const plan = { ...platformsOf(this.#options, options), omit: options.omit, registry: config, sources, ...scripts };
    return lockedProject(lock, plan, { ...facts, files: own?.files });
  }

  async #resolveProject(
    given: ProjectInput,
    installation: Installation,
    checked: CheckedInstall,
  ): Promise<LockedProject> {
    const { project, substitutes } = await substitute(given, checked.options);
    installation.setPhase("resolve");
    const resolution = await this.#resolve(project, installation, checked);
    const facts = { resolution, substitutes: substitutesIn(resolution, substitutes) };
    return this.#lockedProject(lockOf(resolution), facts, checked);
  }

  async #resolve(project: ProjectInput, installation: Installation, checked: CheckedInstall): Promise<Resolution> {
    const { options, config, signal, resolve, sources } = checked;
    const { omit, platform } = options;
    const isRestricted = restrictsSources(sources);
    const sourcesOf = (placed: readonly PlacedPackage[]): PackSource[] =>
      placed
        .map((each) => packSource({ ...each, url: tarballUrl(config, each.resolved) }))
        // The plan decides whether any other source is allowed.
        .filter(
          (each, i) => !isRestricted || each.url.startsWith(registryOf(config, (placed[i] as PlacedPackage).name)),
        );
    // Tarballs are fetched while the project is resolved, unless the finished tree may leave many of them out.
    const startsEarly = !omit?.length && this.#options.cache !== "offline" && platform !== "wasm";
    const run: RunOptions = {
      ...resolve,
      ...(omit && { omit }),
      ...(typeof platform === "object" && resolvePlatform(platform, this.#options)),
      signal,
      onProgress: undefined,
      ...(startsEarly && {
        onPlaced: ({ added, removed }) => installation.prefetch(sourcesOf(added), sourcesOf(removed)),
      }),
    };
    try {
      return await this.#backend.resolve(project, run);
    } catch (error) {
      installation.stop(cancelled());
      throw error;
    }
  }

  /** Returns the installer's extractor, or a new one if its workers have died. */
  async #openExtractor(): ReturnType<Backend["extractor"]> {
    if (this.#disposed) throw new InstallError(disposed("installer"));
    this.#extractor ??= this.#backend.extractor();
    const known = this.#extractor;
    const extractor = await known;
    if (!extractor.ended) return extractor;
    // Of several waiting installs, only the first starts a new one.
    if (this.#extractor === known) this.#extractor = undefined;
    return await this.#openExtractor();
  }

  /** Returns the installer's pack cache. With cache "none" every install has its own, in memory. */
  #openPackCache(): PackCache {
    if (this.#options.cache === "none") return createMemoryPackCache(MEMORY_CACHE);
    const warn = (warning: Failure): void => {
      for (const installation of this.#storing) installation.warn(warning);
    };
    this.#packCache ??= "indexedDB" in globalThis ? openPackCache({ warn }) : createMemoryPackCache(MEMORY_CACHE);
    return this.#packCache;
  }
}

/** Reads whether npm would run the scripts of packages. npm 12 runs those that are allowed, and npm 11 all. */
async function scriptsOf(
  own: OwnFiles | undefined,
  { scripts: { allow = [], ignore, all } = {} }: Npmrc,
  options: InstallerOptions,
): Promise<CheckedInstall["scripts"] & { warnings: Failure[] }> {
  if (ignore) return { scriptsAllowed: false, warnings: [] };
  if (all || !npmRules(npmOf(options)).asksForScripts) return { scriptsAllowed: true, warnings: [] };
  const packageJson = own?.read.text("package.json") ?? null;
  if (allow.length === 0 && !packageJson?.includes('"allowScripts"')) return { warnings: [] };
  const { policy, warnings } = (await import("../../src/install/script-policy.ts")).readScriptPolicy(
    packageJson,
    allow,
  );
  return { scripts: policy, warnings };
}

/**
 * Returns the platform whose optional packages are installed, and the platform that required packages must fit. As in npm, a forced
 * platform (`--os`, `--cpu`) does not count for required packages.
 */
function platformsOf(
  installer: InstallerOptions,
  { platform }: InstallOptions,
): Pick<PlanOptions, "platform" | "running"> {
  const running = { ...DEFAULT_PLATFORM, ...installer.platform };
  return { platform: { ...running, ...(platform === "wasm" ? WASM_PLATFORM : platform) }, running };
}

/** Returns the parts of a forced platform that differ from the installer's, as options of `resolve`. */
function resolvePlatform(
  platform: object,
  { platform: own = {} }: InstallerOptions,
): Pick<ResolveOptions, "os" | "cpu" | "libc"> {
  const usual: object = { ...DEFAULT_PLATFORM, ...own };
  const differs = ([name, value]: [string, unknown]): boolean => usual[name as keyof object] !== value;
  return Object.fromEntries(Object.entries(platform).filter(differs));
}

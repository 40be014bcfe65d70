import type { Failure } from "../../src/api/failure.ts";
import type { InstalledProject, InstallInput, InstallOptions, InstallProgress } from "../../src/api/install.ts";
import type { InstallerOptions, ProjectInput, Resolution, ResolveOptions } from "../../src/api/resolve.ts";
import { isObject } from "../../src/base/json.ts";
import { onAbort } from "../../src/base/on-abort.ts";
import { InstallError } from "../../src/errors/failure.ts";
import { progressFailed } from "../../src/errors/failure-of.ts";
import { invalidInput } from "../../src/errors/invalid-option.ts";
import { cancelled, disposed } from "../../src/errors/work.ts";
import type { InstallPorts, Target } from "../../src/install/install-ports.ts";
import { Installation } from "../../src/install/installation.ts";
import { type Given, targetOf } from "../../src/install/locked-project.ts";
import type { PackSource } from "../../src/install/pack-pipeline.ts";
import { packKey } from "../../src/install/pack-source.ts";
import { createMemoryPackCache } from "../../src/pack-cache/memory-pack-cache.ts";
import type { PackCache } from "../../src/pack-cache/pack-cache.ts";
import { loadNpmrc } from "../../src/registry/npmrc.ts";
import { type RegistryConfig, registryConfig } from "../../src/registry/registry-config.ts";
import { tarballUrl } from "../../src/registry/tarball-url.ts";
import { UNPACK_LIMITS } from "../../src/tarball/wanted.ts";
import { DEFAULT_PLATFORM } from "../../workers/host/default-platform.ts";
import { PLATFORM_TOOLS } from "../../workers/host/platform-tools.ts";
import { Throttle } from "../../workers/host/throttle.ts";
import { nextTurn } from "../../workers/host/yield.ts";
import type { PlacedPackage } from "../../workers/run/placed-packages.ts";
import { openPackCache } from "../../workers/storage/open-pack-cache.ts";
import type { Backend, RunOptions } from "../backends/backend.ts";
import { checkInstallOptions } from "../options/check-install-options.ts";
import { plainInput, plainOptions } from "../options/plain-input.ts";
import { Downloads } from "./downloads.ts";
import { machinesOf } from "./machines.ts";
import { sinkOf } from "./ports.ts";
import { type OwnFiles, ownFiles } from "./read-input.ts";

// Loaded with the first install, which a page that only resolves never asks for.

/** Bytes. */
const MEBIBYTE = 1 << 20;

/** Sinks that a cancelled install is still putting back as they were: the next one has to wait. */
const leaving = new WeakMap<object, Promise<void>>();

/** What one install goes by, once its input is understood. */
interface Start {
  signal: AbortSignal;
  options: InstallOptions;
  own: OwnFiles | undefined;
  config: RegistryConfig;
}

/** An installer's installs: they share what opens tarballs, and the store of packs. */
export class Installs {
  readonly #options: InstallerOptions;
  readonly #backend: Backend;
  #extractor: ReturnType<Backend["extractor"]> | undefined;
  #packCache: PackCache | undefined;
  #disposed = false;
  /** Those whose packs are not stored yet: they are told what goes wrong with that. */
  readonly #hearing = new Set<Installation>();

  /** @param extractor one that has started already */
  constructor(options: InstallerOptions, backend: Backend, extractor?: ReturnType<Backend["extractor"]>) {
    this.#options = options;
    this.#backend = backend;
    this.#extractor = extractor;
  }

  /** @throws InstallError, or the signal's reason */
  async install(input: InstallInput, options: InstallOptions, signal: AbortSignal): Promise<InstalledProject> {
    checkInstallOptions(options);
    const { sink } = options;
    if (!sink) return await this.#install(input, options, signal);
    await leaving.get(sink);
    signal.throwIfAborted();
    const work = this.#install(input, options, signal);
    const left = work.then(
      () => {},
      () => {},
    );
    void left.then(onAbort(signal, () => void leaving.set(sink, left)));
    return await work;
  }

  async #install(input: InstallInput, options: InstallOptions, signal: AbortSignal): Promise<InstalledProject> {
    const text = typeof input === "string" ? input : undefined;
    const resolution = text === undefined && isResolution(input) ? input : undefined;
    if (text === undefined && !isObject(input)) {
      const message = "install takes a resolution, the text of a package-lock.json, or { files }";
      throw invalidInput(message);
    }
    const project = text === undefined && !resolution ? plainInput(input as ProjectInput) : undefined;
    const own = project ? ownFiles(project) : options.files && ownFiles(plainInput({ files: options.files }));
    const config = registryConfig(this.#options, await loadNpmrc(own?.read.text(".npmrc") ?? ""));
    const start: Start = { signal, options, own, config };
    const nets: Backend["nets"] = (concurrency) => this.#backend.nets(concurrency);
    const downloads = new Downloads({ ...start, installer: this.#options, nets });
    signal.throwIfAborted();
    const reports = options.onProgress && reporter(options.onProgress, signal);
    const installation = new Installation(await this.#ports(start, downloads, reports), options, signal);
    reports?.failed.then((why) => installation.warn(why));
    this.#hearing.add(installation);
    try {
      const installed = await installation.run(() =>
        project
          ? this.#resolved(project, installation, start)
          : this.#locked(text ?? lockOf(resolution!), { resolution: resolution ?? null }, start),
      );
      void installed.stored.finally(() => this.#hearing.delete(installation));
      return installed;
    } catch (error) {
      this.#hearing.delete(installation);
      throw error;
    } finally {
      reports?.end();
      downloads.end();
    }
  }

  async usage(): Promise<{ packBytes: number; packs: number }> {
    const { bytes, packs } = await this.#packs().usage();
    return { packBytes: bytes, packs };
  }

  async clear(): Promise<void> {
    await this.#packs().clear();
  }

  dispose(): void {
    void this.#extractor?.then((extractor) => extractor.dispose()).catch(() => {});
    this.#disposed = true;
    // What was installed can still be read.
    void this.#packCache?.flush();
  }

  #locked(lock: string | undefined, given: Omit<Given, "files">, { options, own, config }: Start): Target {
    const plan = { ...machinesOf(this.#options, options), omit: options.omit, registry: config };
    return targetOf(lock, plan, { ...given, files: own?.files });
  }

  async #resolved(project: ProjectInput, installation: Installation, start: Start): Promise<Target> {
    const { substituted, substitutes } = await this.#substitute(project, start.options);
    installation.phase("resolve");
    const answer = await this.#resolve(substituted, installation, start);
    return this.#locked(lockOf(answer), { resolution: answer, substitutes: standing(substitutes, answer) }, start);
  }

  async #resolve(project: ProjectInput, installation: Installation, start: Start): Promise<Resolution> {
    const { options, config, signal } = start;
    const { resolve = {}, omit, platform } = options;
    const sources = (placed: readonly PlacedPackage[]): PackSource[] => placed.map((each) => sourceOf(each, config));
    // What is left out for its flags is known at the end only.
    const early = !omit?.length && this.#options.cache !== "offline" && platform !== "wasm";
    const run: RunOptions = {
      ...plainOptions(() => resolve),
      ...(omit && { omit }),
      ...(typeof platform === "object" && forced(platform, this.#options)),
      signal,
      tell: undefined,
      ...(early && { placed: ({ added, gone }) => installation.announce(sources(added), sources(gone)) }),
    };
    try {
      return await this.#backend.resolve(project, run);
    } catch (error) {
      installation.stop(cancelled());
      throw error;
    }
  }

  async #substitute(
    project: ProjectInput,
    { substitutes: asked, platform }: InstallOptions,
  ): Promise<{
    substituted: ProjectInput;
    substitutes: Readonly<Record<string, string>>;
  }> {
    if (!asked || platform !== "wasm") return { substituted: project, substitutes: {} };
    const { SUBSTITUTES, withSubstitutes } = await import("../../src/install/substitutes.ts");
    const own = ownFiles(project);
    const text = own.read.text("package.json");
    if (text === null) return { substituted: project, substitutes: {} };
    const locks = ["npm-shrinkwrap.json", "package-lock.json"];
    const lock = locks.find((name) => own.read.text(name)) ?? "package-lock.json";
    const made = withSubstitutes(text, asked === true ? SUBSTITUTES : asked, own.read.text(lock) ?? undefined);
    const files = { ...project.files, [own.key("package.json")]: made.text };
    // What it locks would stay as it is.
    if (made.lockText !== undefined) files[own.key(lock)] = made.lockText;
    return { substituted: { ...project, files }, substitutes: made.substitutes };
  }

  async #ports({ options }: Start, downloads: Downloads, reports: Reporter | undefined): Promise<InstallPorts> {
    const extractor = await this.#open();
    const { tarballConcurrency = "document" in globalThis || "importScripts" in globalThis ? 64 : 16 } = this.#options;
    return {
      download: (source, past) => downloads.get(source, past),
      extractor,
      packCache: this.#packs(),
      limits: {
        // None at all, or no number, would wait for ever.
        downloads: Math.max(1, tarballConcurrency || 1),
        extractions: extractor.atOnce,
        backlog: 32 * MEBIBYTE,
        writes: 8,
        room: 64 * MEBIBYTE,
      },
      unpack: { ...UNPACK_LIMITS, ...options.limits },
      now: () => performance.now(),
      after: PLATFORM_TOOLS.after,
      breathe: nextTurn,
      sinkOf,
      progress: reports?.tell,
    };
  }

  /** The one there is, unless its threads have died. */
  async #open(): ReturnType<Backend["extractor"]> {
    if (this.#disposed) throw new InstallError(disposed("installer"));
    this.#extractor ??= this.#backend.extractor();
    const known = this.#extractor;
    const extractor = await known;
    if (!extractor.ended) return extractor;
    // Of those who wait the first asks for new ones.
    if (this.#extractor === known) this.#extractor = undefined;
    return await this.#open();
  }

  #packs(): PackCache {
    const { cache } = this.#options;
    const warn = (warning: Failure): void => {
      for (const installation of this.#hearing) installation.warn(warning);
    };
    // Each install's own, gone with what it has installed.
    if (cache === "none") return createMemoryPackCache(1024 * MEBIBYTE);
    const lasting = "indexedDB" in globalThis;
    const packCache = this.#packCache ?? (lasting ? openPackCache({ warn }) : createMemoryPackCache(1024 * MEBIBYTE));
    this.#packCache = packCache;
    return packCache;
  }
}

/** The platform where it is not the installer's own, as npm has `--os`, `--cpu` and `--libc`. */
function forced(
  platform: object,
  { platform: own = {} }: InstallerOptions,
): Pick<ResolveOptions, "os" | "cpu" | "libc"> {
  const usual: object = { ...DEFAULT_PLATFORM, ...own };
  const differs = ([name, value]: [string, unknown]): boolean => usual[name as keyof object] !== value;
  return Object.fromEntries(Object.entries(platform).filter(differs));
}

function isResolution(input: InstallInput): input is Resolution {
  return Object(input) === input && "tree" in (input as object) && "why" in (input as object);
}

/** Of what may be replaced, what is in the tree. */
function standing(substitutes: Readonly<Record<string, string>>, { tree }: Resolution): Record<string, string> {
  const names = new Set(Object.keys(substitutes).length > 0 ? tree.nodes.map(({ name }) => name) : []);
  return Object.fromEntries(Object.entries(substitutes).filter(([name]) => names.has(name)));
}

/** The lock among a resolution's files: undefined where it was asked for none. */
function lockOf({ files }: Resolution): string | undefined {
  const paths = Object.keys(files).filter((path) => /(?:^|\/)(?:package-lock|npm-shrinkwrap)\.json$/.test(path));
  return paths.length > 0 ? files[paths.sort((a, b) => a.length - b.length)[0] as string] : undefined;
}

function sourceOf({ name, version, resolved, integrity }: PlacedPackage, config: RegistryConfig): PackSource {
  const url = tarballUrl(config, resolved);
  return { key: packKey(integrity, url), name, version, url, integrity };
}

/** Calls `onProgress` at most twenty times a second, and with the last state. Stops when the callback throws and after a cancel. */
function reporter(tell: (progress: InstallProgress) => void, signal: AbortSignal): Reporter {
  let latest: InstallProgress | undefined;
  let over = false;
  let fail = (_: Failure): void => {};
  const failed = new Promise<Failure>((resolve) => {
    fail = resolve;
  });
  const listen = async (progress: InstallProgress): Promise<void> => tell(progress);
  const throttle = new Throttle(() => {
    if (over || !latest || signal.aborted) return;
    listen(latest).catch((error: unknown) => {
      over = true;
      fail(progressFailed(error));
    });
  });
  return {
    failed,
    tell(progress) {
      latest = progress;
      if (progress.phase === "done") throttle.flush();
      else throttle.request();
    },
    end() {
      over = true;
      throttle.stop();
    },
  };
}

interface Reporter {
  /** Why it is not called any more: what the embedder's callback threw. */
  readonly failed: Promise<Failure>;
  tell(progress: InstallProgress): void;
  /** Nothing is told from here on. */
  end(): void;
}

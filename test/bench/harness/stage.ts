import { createHash, X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Snapshot } from "../../support/registry/snapshot.ts";
import type { BrowserOptions } from "./browser.ts";
import { bundleScripts } from "./bundle.ts";
import type { BenchOptions } from "./options.ts";
import type { Ask } from "./page-protocol.ts";
import { installPeers } from "./peers.ts";
import { LOCKED } from "./phases.ts";
import { openSnapshot } from "./prepared.ts";
import { type BenchProject, folderProject, packProjects } from "./projects.ts";
import { Registry } from "./registry.ts";
import type { FeedIndex, RegistrySettings, Transport } from "./registry-protocol.ts";
import { type Site, startSite } from "./site.ts";

/** The environment of the benchmark. */
export interface Place {
  /** The repository's folder. */
  root: string;
  /** The path of Chromium. */
  executable: string;
  /** The built package's folder. */
  dist: string;
  /** A temporary folder. The caller removes it. */
  folder: string;
  /** Prints progress. */
  say(text: string): void;
}

/** The recorded project and its packuments, from the repository. */
const PACK = "test/conformance/fixtures/projects.pack";
/** The tests' certificate for loopback. */
const TLS = "test/scripts/tls";

/** The servers and folders that all contenders share. */
export class Stage implements AsyncDisposable {
  readonly options: BenchOptions;
  readonly place: Place;
  readonly browser: BrowserOptions;
  /** The folder in which peers are installed. It is kept for the next benchmark. */
  readonly tools: string;
  readonly #registries = new Map<Transport, Registry>();
  #site: Site | undefined;
  #snapshot: Promise<Snapshot> | undefined;

  private constructor(options: BenchOptions, place: Place) {
    this.options = options;
    this.place = place;
    this.tools = join(place.root, ".build/peers");
    const { publicKey } = new X509Certificate(this.#tls("cert"));
    const trusted = createHash("sha256")
      .update(publicKey.export({ type: "spki", format: "der" }))
      .digest("base64");
    this.browser = { executable: place.executable, trusted, folder: place.folder };
  }

  /** `page`: the name of the script of the page under test. */
  static async open(options: BenchOptions, place: Place, page = "bench-page"): Promise<Stage> {
    const stage = new Stage(options, place);
    await stage.#open(page).catch(async (error: unknown) => {
      await stage[Symbol.asyncDispose]();
      throw error;
    });
    return stage;
  }

  get site(): Site {
    if (!this.#site) throw new Error("The stage is not open.");
    return this.#site;
  }

  registry(transport: Transport): Registry {
    const found = this.#registries.get(transport);
    if (!found) throw new Error(`No registry was started for ${transport}.`);
    return found;
  }

  async projects(): Promise<BenchProject[]> {
    const { projects } = this.options;
    return projects.length > 0 ? projects.map(folderProject) : await packProjects(join(this.place.root, PACK));
  }

  /** The snapshot that the registries serve. */
  snapshot(): Promise<Snapshot> {
    this.#snapshot ??= openSnapshot(this.#source());
    return this.#snapshot;
  }

  /** Lets every registry keep these tarballs in memory. */
  async load(paths: readonly string[]): Promise<void> {
    await Promise.all([...this.#registries.values()].map((registry) => registry.load(paths)));
  }

  /** Lets the site serve the bodies of these requests in one piece. */
  async feed(asks: readonly Ask[], registry: Registry): Promise<FeedIndex> {
    const file = join(this.place.folder, "feed");
    const index = await registry.feed(asks, file);
    this.site.feed = readFileSync(file);
    return index;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#registries.values()].map((registry) => registry[Symbol.asyncDispose]()));
    await this.#site?.[Symbol.asyncDispose]();
  }

  async #open(page: string): Promise<void> {
    const { peers, transports } = this.options;
    const { root, dist, folder, say } = this.place;
    installPeers(peers, this.tools);
    const scripts = await bundleScripts(root, page);
    const script = join(folder, "registry.mjs");
    writeFileSync(script, scripts.registry);
    this.#site = await startSite(dist, scripts.page);
    const wanted = new Set<Transport>([...transports, ...(peers.length > 0 ? ["h1" as const] : [])]);
    const started = await Promise.all(
      [...wanted].map(async (transport) => {
        const registry = await Registry.start(script, this.#settings(transport));
        this.#registries.set(transport, registry);
        return `${transport}: ${registry.packuments} packuments at ${registry.url}`;
      }),
    );
    say(started.join(", "));
  }

  #settings(transport: Transport): RegistrySettings {
    const { metadata, peers, latency, profile, phases } = this.options;
    const resolves = !phases?.every((phase) => LOCKED.includes(phase));
    // Only npm requests full documents.
    const full = metadata === "full" || (transport === "h1" && peers.includes("npm"));
    const short = metadata === "abbreviated" || (transport === "h1" && peers.some((peer) => peer !== "npm"));
    return {
      snapshot: this.#source(),
      transport,
      forms: resolves ? [...(full ? ["full" as const] : []), ...(short ? ["abbreviated" as const] : [])] : [],
      latency,
      profile,
      cert: this.#tls("cert"),
      key: this.#tls("key"),
    };
  }

  #source(): string {
    return this.options.snapshot ?? join(this.place.root, PACK);
  }

  #tls(name: string): string {
    return readFileSync(join(this.place.root, TLS, `${name}.pem`), "utf8");
  }
}

import type { Failure } from "../../src/api/failure.ts";
import type { InstallerOptions } from "../../src/api/resolve.ts";
import { orAbort } from "../../src/base/on-abort.ts";
import { resolvePath } from "../../src/base/posix-path.ts";
import { fail, type Outcome, ok } from "../../src/errors/failure.ts";
import { failureOf } from "../../src/errors/failure-of.ts";
import { notFound } from "../../src/errors/files.ts";
import { notStored } from "../../src/errors/store.ts";
import type { PackSource } from "../../src/install/pack-pipeline.ts";
import type { RegistryConfig } from "../../src/registry/registry-config.ts";
import type { Net } from "../../workers/net/net.ts";
import type { Backend } from "../backends/backend.ts";
import type { OwnFiles } from "./read-input.ts";

export interface DownloadOptions {
  installer: InstallerOptions;
  nets: Backend["nets"];
  config: RegistryConfig;
  /** Where `file:` tarballs are. */
  own: OwnFiles | undefined;
  signal: AbortSignal;
}

interface Line {
  net: Net;
  life: AbortSignal | undefined;
  end(): void;
}

/** One install's tarballs, over one line to the network; what is asked for after its end gets a line of its own. */
export class Downloads {
  readonly #options: DownloadOptions;
  #line: Promise<Line> | undefined;
  #ended = false;
  /** Under way. */
  #gets = 0;

  constructor(options: DownloadOptions) {
    this.#options = options;
  }

  /** `past`: not from a cache. Never rejects. */
  async get(source: PackSource, past: boolean): Promise<Outcome<{ bytes: Uint8Array; transferred: number }>> {
    const { url, name } = source;
    this.#gets++;
    try {
      if (url.startsWith("file:")) return this.#local(url, name);
      if (this.#options.installer.cache === "offline") return fail(offline(source));
      return await this.#fetch(source, past);
    } catch (error) {
      return fail(failureOf(error));
    } finally {
      this.#gets--;
      if (this.#ended && this.#gets === 0) this.#hangUp();
    }
  }

  /** Gives up what is under way. */
  end(): void {
    this.#ended = true;
    this.#hangUp();
  }

  async #fetch({ url, name }: PackSource, past: boolean): ReturnType<Downloads["get"]> {
    this.#line ??= this.#open();
    const { net, life } = await this.#line;
    // What is stored here need not be in the browser's own cache too: that costs more than it ever saves.
    const kept = past || this.#options.installer.cache !== "none";
    const work = net.get({ kind: "tarball", name, url, metadata: "full", ...(kept && { kept }) });
    const answer = await (life ? orAbort(work, life) : work);
    return answer.ok ? ok({ bytes: answer.value.bytes, transferred: answer.value.transferred }) : answer;
  }

  #local(url: string, name: string): Outcome<{ bytes: Uint8Array; transferred: number }> {
    const path = resolvePath("/", url.slice("file:".length)).slice(1);
    const bytes = this.#options.own?.read.bytes(path);
    if (bytes) return ok({ bytes: bytes.slice(), transferred: 0 });
    const wayOut = [{ kind: "option", text: "Give the file in `files`.", option: "files" } as const];
    return fail(notFound(`There is no file ${path} to install ${name} from.`, { package: name, wayOut }));
  }

  async #open(): Promise<Line> {
    const { nets, installer, config } = this.#options;
    const { tarballConcurrency: concurrency = installer.concurrency } = installer;
    const { open, life, dispose } = await nets(concurrency);
    const net = open({ registry: config.registry }, () => {});
    return {
      net,
      life,
      end() {
        net.dispose();
        dispose?.();
      },
    };
  }

  #hangUp(): void {
    void this.#line?.then((line) => line.end()).catch(() => {});
    this.#line = undefined;
  }
}

function offline({ name, version, url }: PackSource): Failure {
  const wayOut = [
    { kind: "option", text: 'Install once with another `cache` than "offline".', option: "cache" } as const,
  ];
  return notStored(`${name}@${version}`, { package: name, details: { missing: [`${name}@${version}`], url }, wayOut });
}

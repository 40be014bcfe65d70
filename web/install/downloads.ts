import type { Failure } from "../../src/api/failure.ts";
import type { InstallerOptions } from "../../src/api/resolve.ts";
import { orAbort } from "../../src/base/on-abort.ts";
import { resolvePath } from "../../src/base/posix-path.ts";
import { fail, type Outcome, ok } from "../../src/errors/failure.ts";
import { failureOf } from "../../src/errors/failure-of.ts";
import { notFound } from "../../src/errors/files.ts";
import { notStored } from "../../src/errors/store.ts";
import type { DownloadedTarball, TarballDownloads } from "../../src/install/install-ports.ts";
import type { PackSource } from "../../src/install/pack-source.ts";
import type { NamedTarball, NamedTarballs } from "../../src/registry/named-tarballs.ts";
import type { RegistryConfig } from "../../src/registry/registry-config.ts";
import type { Net } from "../../workers/net/net.ts";
import type { Backend } from "../backends/backend.ts";

import type { OwnFiles } from "./read-input.ts";

export interface DownloadOptions {
  installer: InstallerOptions;
  nets: Backend["nets"];
  config: RegistryConfig;
  /** The project's files, among them its `file:` tarballs. */
  own: OwnFiles | undefined;
  /** Bytes of a tarball at most. */
  limit: number | undefined;
}

interface Connection {
  readonly net: Net;
  /** Aborts when the worker that makes the requests has ended. */
  readonly life: AbortSignal | undefined;
  close(): void;
}

/** Downloads the tarballs of one install. They share a connection, which is opened for the first download. */
export class Downloads implements TarballDownloads {
  readonly #options: DownloadOptions;
  #connection: Promise<Connection> | undefined;
  /** Set for a lock that has no addresses. */
  #named: NamedTarballs | undefined;
  #ended = false;
  /** Downloads that are running. */
  #running = 0;

  constructor(options: DownloadOptions) {
    this.#options = options;
  }

  async get(source: PackSource, fresh: boolean): Promise<Outcome<DownloadedTarball>> {
    this.#running++;
    try {
      if (source.url.startsWith("file:")) return this.#readOwnFile(source);
      if (this.#options.installer.cache === "offline") return fail(offline(source));
      return await this.#download(source, fresh);
    } catch (error) {
      return fail(failureOf(error));
    } finally {
      this.#running--;
      if (this.#ended && this.#running === 0) this.#close();
    }
  }

  /** Ends running downloads. A later download, of a pack that the cache has lost, opens a new connection and closes it. */
  end(): void {
    this.#ended = true;
    this.#close();
  }

  async #download(source: PackSource, fresh: boolean): Promise<Outcome<DownloadedTarball>> {
    this.#connection ??= this.#open();
    const { net, life } = await this.#connection;
    const named = source.unresolved ? await this.#nameTarball(source, { net, life }) : null;
    if (named && !named.ok) return named;
    const { name } = source;
    const { url, integrity } = named?.value ?? { url: source.url, integrity: null };
    // Skips the browser's HTTP cache: the pack cache stores the tarball, and storing it twice would cost more than it saves.
    const kept = fresh || this.#options.installer.cache !== "none";
    const { limit } = this.#options;
    const optional = { ...(kept && { kept }), ...(limit && { limit }) };
    const work = net.get({ kind: "tarball", name, url, metadata: "full", ...optional });
    const answer = await (life ? orAbort(work, life) : work);
    if (!answer.ok) return answer;
    const { bytes, transferred } = answer.value;
    return ok({ bytes, transferred: transferred + (named?.value.transferred ?? 0), integrity });
  }

  /** Asks the package's packument for the tarball. */
  async #nameTarball(source: PackSource, { net, life }: Omit<Connection, "close">): Promise<Outcome<NamedTarball>> {
    const { NamedTarballs } = await import("../../src/registry/named-tarballs.ts");
    this.#named ??= new NamedTarballs(this.#options.config);
    return await this.#named.of(source, async (request) => {
      const work = net.get(request);
      return await (life ? orAbort(work, life) : work);
    });
  }

  #readOwnFile({ name, url }: PackSource): Outcome<DownloadedTarball> {
    const path = resolvePath("/", url.slice("file:".length)).slice(1);
    const bytes = this.#options.own?.read.bytes(path);
    if (bytes) return ok({ bytes: bytes.slice(), transferred: 0 });
    const wayOut = [{ kind: "option", text: `Add ${path} to \`files\`.`, option: "files" } as const];
    return fail(notFound(`${name} is installed from the file ${path}, which is missing.`, { package: name, wayOut }));
  }

  async #open(): Promise<Connection> {
    const { nets, installer, config } = this.#options;
    const { tarballConcurrency: concurrency = installer.concurrency } = installer;
    const { open, life, dispose } = await nets(concurrency);
    const net = open(config, () => {});
    return {
      net,
      life,
      close() {
        net.dispose();
        dispose?.();
      },
    };
  }

  #close(): void {
    void this.#connection?.then((connection) => connection.close()).catch(() => {});
    this.#connection = undefined;
  }
}

function offline({ name, version, url }: PackSource): Failure {
  const wayOut = [
    { kind: "option", text: 'Install once with a `cache` other than "offline".', option: "cache" } as const,
  ];
  return notStored(`${name}@${version}`, { package: name, details: { missing: [`${name}@${version}`], url }, wayOut });
}

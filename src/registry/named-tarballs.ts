// Loaded on demand: to install from a lock without the addresses of its tarballs.

import { OnceMap } from "../base/once-map.ts";
import { fail, InstallError, type Outcome, ok } from "../errors/failure.ts";
import { invalidDocument, invalidPackageName } from "../errors/packages.ts";
import { packageNameProblem } from "../spec/package-name.ts";
import { RangeTable } from "../spec/version-range.ts";
import { indexPackument } from "./condense.ts";
import { integrityOf } from "./dist.ts";
import type { Packument } from "./packument.ts";
import { packumentUrl, type RegistryConfig } from "./registry-config.ts";
import { selectVersion } from "./select-version.ts";
import { tarballUrl } from "./tarball-url.ts";
import type { RegistryRequest, RegistryResponse } from "./transport.ts";

/** The tarball that a packument names. */
export interface NamedTarball {
  readonly url: string;
  readonly integrity: string | null;
  /** Bytes of the packument on the wire; 0 if another package has caused its request. */
  readonly transferred: number;
}

type Get = (request: RegistryRequest) => Promise<Outcome<RegistryResponse>>;

/** Finds tarballs by packument, as npm does. Each packument is requested once. */
export class NamedTarballs {
  readonly #config: RegistryConfig;
  readonly #packuments = new OnceMap<string, Outcome<{ packument: Packument; transferred: number }>>();
  readonly #policy = { ranges: new RangeTable(), nodeVersion: null, npmVersion: null };
  readonly #counted = new Set<string>();

  constructor(config: RegistryConfig) {
    this.#config = config;
  }

  async of({ name, version }: { name: string; version: string }, get: Get): Promise<Outcome<NamedTarball>> {
    const found = await this.#packuments.run(name, () => this.#load(name, get));
    if (!found.ok) return found;
    const { packument, transferred } = found.value;
    const manifest = selectVersion(packument, version, this.#policy);
    if (!manifest.ok) return manifest;
    const { dist } = manifest.value;
    if (!dist?.tarball) return fail(invalidDocument(`${name}@${version}`, "it names no tarball", { package: name }));
    const isFirst = !this.#counted.has(name);
    this.#counted.add(name);
    const url = tarballUrl(this.#config, dist.tarball);
    return ok({ url, integrity: integrityOf(dist), transferred: isFirst ? transferred : 0 });
  }

  async #load(name: string, get: Get): Promise<Outcome<{ packument: Packument; transferred: number }>> {
    const url = packumentUrl(this.#config, name);
    const problem = packageNameProblem(name);
    if (problem) return fail(invalidPackageName(name, problem));
    const answer = await get({ kind: "packument", name, url, metadata: "abbreviated" });
    if (!answer.ok) return answer;
    try {
      return ok({ packument: indexPackument(name, answer.value.bytes), transferred: answer.value.transferred });
    } catch (error) {
      if (error instanceof InstallError) return fail(error.failure);
      throw error;
    }
  }
}

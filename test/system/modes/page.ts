import { createInstaller } from "webhoist:entry";
import type { InstallerOptions } from "../../../src/api/resolve.ts";
import type { CreateInstaller } from "../../conformance/judge.ts";
import type { ConformanceCase } from "../../conformance/recorded.ts";
import { pathOf } from "../../support/registry/ask.ts";
import { packumentOf } from "../../support/registry/responder.ts";
import type { Snapshot } from "../../support/registry/snapshot.ts";
import { caseAddress, documentAddress, type ModesPage, type PlainCase } from "./page-protocol.ts";
import { sharedInstallers } from "./shared-installer.ts";
import { tryModes } from "./trial.ts";

// The page that `scripts/conformance.mjs --mode …` drives.

const shared = sharedInstallers(createInstaller);

/** A case's documents. Fetches each from the harness when it is first requested, and keeps it in memory. */
class CaseDocuments implements Snapshot {
  readonly #index: number;
  readonly #documents = new Map<string, Promise<void>>();
  readonly #bytes = new Map<string, Uint8Array>();

  constructor(index: number) {
    this.#index = index;
  }

  packument(name: string): Uint8Array | undefined {
    return this.#bytes.get(`packument ${name}`);
  }

  tarball(path: string): Uint8Array | undefined {
    return this.#bytes.get(`tarball ${path}`);
  }

  names(): string[] {
    return [...this.#documents.keys()];
  }

  /** Loads the document of a request to the registry. */
  fill(path: string): Promise<void> {
    const [kind, key] = path.includes("/-/") ? ["tarball", path] : ["packument", packumentOf(path)];
    const known = this.#documents.get(`${kind} ${key}`) ?? this.#load(kind, key);
    this.#documents.set(`${kind} ${key}`, known);
    return known;
  }

  async #load(kind: string, key: string): Promise<void> {
    const response = await fetch(documentAddress(this.#index, kind, key));
    if (response.ok) this.#bytes.set(`${kind} ${key}`, new Uint8Array(await response.arrayBuffer()));
  }
}

/** Returns installers that load a document before they request it, so that only the fake registry decides the order of arrival. */
function preloading(documents: CaseDocuments): CreateInstaller {
  return (settings: InstallerOptions = {}) => {
    const { fetch: answer, registry } = settings;
    if (!answer || !registry) throw new Error("a case without a registry");
    return shared.create({
      ...settings,
      fetch: async (input, init) => {
        const { url } = new Request(input);
        if (url.startsWith(registry)) await documents.fill(pathOf(url.slice(registry.length - 1)));
        return await answer(input, init);
      },
    });
  };
}

const fileOf = (content: string | { b64: string }): string | Uint8Array =>
  typeof content === "string" ? content : Uint8Array.from(atob(content.b64), (byte) => byte.charCodeAt(0));

async function openCase(index: number, snapshot: Snapshot): Promise<ConformanceCase> {
  const { project, ...plain } = (await (await fetch(caseAddress(index))).json()) as PlainCase;
  const files = Object.entries(project.files).map(([path, content]) => [path, fileOf(content)]);
  return { ...plain, project: { ...project, files: Object.fromEntries(files) }, snapshot };
}

const modesPage: ModesPage = {
  async run({ index, modes, shuffles, metadata }) {
    const documents = new CaseDocuments(index);
    const found = await openCase(index, documents);
    const run = metadata === "full" ? {} : { installer: { metadata }, completeLockfile: true };
    const seeds = Array.from({ length: shuffles }, (_, seed) => seed + 1);
    return await tryModes(preloading(documents), found, { modes, seeds, run });
  },
};

Object.assign(globalThis, { modesPage });

import { readFileSync, statSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import type { MetadataForm } from "../../../src/api/resolve.ts";
import { openPack } from "../../conformance/pack.ts";
import { abbreviate, type FullPackument } from "../../support/registry/abbreviate.ts";
import { folderSnapshot } from "../../support/registry/folder.ts";
import { ABBREVIATED, createResponder, type Responder } from "../../support/registry/responder.ts";
import { PLACEHOLDER, type Snapshot } from "../../support/registry/snapshot.ts";

/** A body in the form that is sent: gzipped, or unchanged if `etag` is empty. */
export interface Ready {
  status: number;
  type: string;
  body: Uint8Array;
  etag: string;
}

/** Opens the folder of a snapshot, or all packuments of a pack of recorded cases. */
export async function openSnapshot(path: string): Promise<Snapshot> {
  if (statSync(path).isDirectory()) return folderSnapshot(path);
  const cases = await openPack(readFileSync(path));
  const names = new Map(cases.flatMap(({ snapshot }) => snapshot.names().map((name) => [name, snapshot] as const)));
  return {
    packument: (name) => names.get(name)?.packument(name),
    tarball: (file) => cases.map(({ snapshot }) => snapshot.tarball(file)).find((bytes) => bytes !== undefined),
    names: () => [...names.keys()],
  };
}

const TYPES = { full: "application/json", abbreviated: ABBREVIATED };
const decoder = new TextDecoder();

/** A registry whose answers are made in advance, so that only the client is measured. */
export class Prepared {
  readonly #snapshot: Snapshot;
  readonly #origin: string;
  /** Answers requests for other documents than packuments, which few resolutions make. */
  readonly #others: Responder;
  readonly #packuments: Record<MetadataForm, Map<string, Ready>> = { full: new Map(), abbreviated: new Map() };

  /** @param origin the start of tarball URLs, with a trailing slash */
  constructor(snapshot: Snapshot, origin: string) {
    this.#snapshot = snapshot;
    this.#origin = origin;
    this.#others = createResponder(snapshot, { origin });
  }

  /** Prepares all packuments of a form. Returns their number. */
  warm(form: MetadataForm): number {
    const names = this.#snapshot.names();
    for (const name of names) this.#packument(name, form);
    return names.length;
  }

  answer(method: string, url: string, accept: string): Ready {
    const path = decodeURIComponent(url.slice(1).split("?")[0] ?? "");
    if (method === "GET" && /^(@[^/]+\/)?[^/]+$/.test(path)) {
      const form = accept.includes(ABBREVIATED) ? "abbreviated" : "full";
      const found = this.#packument(path, form);
      if (found) return found;
    }
    const ask = { method, path, headers: new Headers({ accept }) };
    const { status, headers, body } = this.#others.answer(ask);
    this.#others.log.length = 0;
    const type = headers["content-type"] ?? "application/json";
    // A browser caches manifests of versions too.
    return status === 200 && type.includes("json") ? zipped(type, body) : { status, type, body, etag: "" };
  }

  #packument(name: string, form: MetadataForm): Ready | undefined {
    const known = this.#packuments[form].get(name);
    if (known) return known;
    const bytes = this.#snapshot.packument(name);
    if (!bytes) return undefined;
    const text = decoder.decode(bytes).replaceAll(PLACEHOLDER, this.#origin);
    const given = form === "full" ? text : JSON.stringify(abbreviate(JSON.parse(text) as FullPackument));
    const ready = zipped(TYPES[form], given);
    this.#packuments[form].set(name, ready);
    return ready;
  }
}

function zipped(type: string, content: string | Uint8Array): Ready {
  const body = gzipSync(content, { level: 6 });
  // A gzip file ends with the checksum and the length of its content.
  return { status: 200, type, body, etag: `"${body.subarray(-8).toString("hex")}"` };
}

/** Returns the body as a client sees it. */
export function opened({ body, etag }: Ready): Uint8Array {
  return etag ? gunzipSync(body) : body;
}

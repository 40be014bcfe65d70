import { abbreviate, type FullPackument } from "./abbreviate.ts";
import type { Ask } from "./ask.ts";
import { type Fault, faultFor } from "./faults.ts";
import { PLACEHOLDER, type Snapshot } from "./snapshot.ts";

export const ABBREVIATED = "application/vnd.npm.install-v1+json";

export interface RegistryOptions {
  /** The base URL for tarball URLs, with a trailing slash. Default: the snapshot's placeholder. */
  origin?: string;
  /** Milliseconds before each answer. */
  latency?: number;
  /** A seed: answers are sent one at a time, in an order derived from it. */
  shuffle?: number;
  /** Behaves like public registries: OPTIONS answers 405, no header is exposed, and errors have no CORS headers. */
  strict?: boolean;
  faults?: readonly Fault[];
}

/** A received request, for a test to count and examine. */
export interface LoggedRequest extends Ask {
  status: number;
}

/** An answer. `broken` is how the body ends early, if it does. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
  broken?: "cut" | "stall" | "network";
}

export interface Responder {
  answer(ask: Ask): Answer;
  readonly log: LoggedRequest[];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const CORS: Readonly<Record<string, string>> = {
  "access-control-allow-origin": "*",
  "cross-origin-resource-policy": "cross-origin",
};
const OPEN_CORS: Readonly<Record<string, string>> = {
  ...CORS,
  "access-control-allow-headers": "*",
  "access-control-expose-headers": "*",
};

/** Hashes bytes with FNV-1a over 32-bit words: fast enough for hundreds of megabytes, and every byte counts. */
function etagOf(bytes: Uint8Array): string {
  const words = bytes.byteLength >> 2;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let hash = 0x811c9dc5;
  for (let i = 0; i < words; i++) hash = Math.imul(hash ^ view.getUint32(i << 2), 0x01000193);
  for (let i = words << 2; i < bytes.byteLength; i++) hash = Math.imul(hash ^ view.getUint8(i), 0x01000193);
  return `"${bytes.byteLength.toString(36)}-${(hash >>> 0).toString(36)}"`;
}

interface Forms {
  full: { body: Uint8Array; etag: string };
  abbreviated?: { body: Uint8Array; etag: string };
}

/** The forms of each document, made once and shared by all responders for the same bytes and origin. */
const formsByOrigin = new Map<string, WeakMap<Uint8Array, Forms>>();

function formsOf(bytes: Uint8Array, origin: string): Forms {
  const kept = formsByOrigin.get(origin) ?? new WeakMap<Uint8Array, Forms>();
  formsByOrigin.set(origin, kept);
  let forms = kept.get(bytes);
  if (!forms) {
    const body = origin === PLACEHOLDER ? bytes : encoder.encode(decoder.decode(bytes).replaceAll(PLACEHOLDER, origin));
    forms = { full: { body, etag: etagOf(body) } };
    kept.set(bytes, forms);
  }
  return forms;
}

const parse = (bytes: Uint8Array): FullPackument => JSON.parse(decoder.decode(bytes)) as FullPackument;

function formOf(forms: Forms, abbreviated: boolean): { body: Uint8Array; etag: string } {
  if (!abbreviated) return forms.full;
  if (!forms.abbreviated) {
    const body = encoder.encode(JSON.stringify(abbreviate(parse(forms.full.body))));
    forms.abbreviated = { body, etag: etagOf(body) };
  }
  return forms.abbreviated;
}

const json = (status: number, value: unknown): Answer => ({
  status,
  headers: { "content-type": "application/json" },
  body: encoder.encode(JSON.stringify(value)),
});

/** Splits a path: `@s/a/1.0.0` and `a/latest` request one manifest, `@s/a` and `a` the whole document. */
function split(path: string): { name: string; version?: string } {
  const match = /^((?:@[^/]+\/)?[^/@][^/]*)\/([^/]+)$/.exec(path);
  return match?.[1] && match[2] ? { name: match[1], version: match[2] } : { name: path };
}

/** Returns the name of the package to which a path belongs. */
export const packumentOf = (path: string): string => split(path).name;

/** Makes the answers of a registry from `snapshot`, independently of the transport: the same in memory and over HTTP. */
export function createResponder(snapshot: Snapshot, options: RegistryOptions = {}): Responder {
  const origin = options.origin ?? PLACEHOLDER;
  const log: LoggedRequest[] = [];

  const packument = (ask: Ask): Answer => {
    const { name, version } = split(ask.path);
    const bytes = snapshot.packument(name);
    if (!bytes) return json(404, { error: "Not found" });
    const forms = formsOf(bytes, origin);
    if (version !== undefined) {
      const full = parse(forms.full.body);
      const manifest = full.versions?.[full["dist-tags"]?.[version] ?? version];
      return manifest ? json(200, manifest) : json(404, { error: `version not found: ${version}` });
    }
    const abbreviated = (ask.headers.get("accept") ?? "").includes(ABBREVIATED);
    const { body, etag } = formOf(forms, abbreviated);
    const headers = {
      "content-type": abbreviated ? ABBREVIATED : "application/json",
      etag,
      "cache-control": "public, max-age=300",
      vary: "accept-encoding, accept",
    };
    if (ask.headers.get("if-none-match") === etag) return { status: 304, headers, body: new Uint8Array() };
    return { status: 200, headers, body };
  };

  const plain = (ask: Ask): Answer => {
    if (ask.method === "OPTIONS") {
      return {
        status: options.strict ? 405 : 204,
        headers: { "access-control-max-age": "86400" },
        body: new Uint8Array(),
      };
    }
    if (!ask.path.includes("/-/")) return packument(ask);
    const body = snapshot.tarball(ask.path);
    if (!body) return json(404, { error: "Not found" });
    return { status: 200, headers: { "content-type": "application/octet-stream" }, body };
  };

  return {
    log,
    answer(ask) {
      const fault = faultFor(options.faults, ask);
      const base = plain(ask);
      const answer = fault ? fault(base) : base;
      log.push({ ...ask, status: answer.broken === "network" ? 0 : answer.status });
      const hidden = options.strict && (answer.status >= 400 || ask.method === "OPTIONS");
      const cors = hidden || answer.headers["x-no-cors"] ? {} : options.strict ? CORS : OPEN_CORS;
      const { "x-no-cors": _, ...headers } = answer.headers;
      return { ...answer, headers: { ...cors, ...headers } };
    },
  };
}

import { expect, test } from "vitest";
import type { InstallOptions } from "../../src/api/install.ts";
import type { InstallerOptions, ResolveOptions } from "../../src/api/resolve.ts";
import type { InstallError } from "../../src/errors/failure.ts";
import { createInstaller } from "../../web/installer.ts";
import { memoryRegistry } from "../support/registry/memory-fetch.ts";
import { inlineSnapshot } from "../support/registry/snapshot.ts";
import { fakeTarball } from "../support/tarball.ts";

// Callbacks of the embedder that throw, return nonsense or never settle.

const REGISTRY = "http://registry.local/";
const PROJECT = { files: { "package.json": '{"dependencies":{"a":"1.0.0"}}' } };

const wrong = <T>(value: unknown): T => value as T;

async function caught(work: () => Promise<unknown>): Promise<InstallError> {
  try {
    await work();
  } catch (error) {
    return error as InstallError;
  }
  throw new Error("nothing was thrown");
}

/** Resolves the project with this `fetch`, without retries. */
async function resolveWith(fetch: unknown, more: InstallerOptions = {}): Promise<InstallError> {
  const options = { mode: "inline", registry: REGISTRY, cache: "none", retries: 0, timeout: 50 } as const;
  const installer = await createInstaller({ ...options, fetch: wrong(fetch), ...more });
  try {
    return await caught(() => installer.resolve(PROJECT));
  } finally {
    installer.dispose();
  }
}

function throwing(value: unknown): () => never {
  return () => {
    throw value;
  };
}

const read = async (): Promise<Response> => {
  const response = new Response("{}");
  await response.text();
  return response;
};
const locked = async (): Promise<Response> => {
  const response = new Response("{}");
  response.body?.getReader();
  return response;
};

const READ = "options.fetch returned a response whose body was read before. Return a new one, or `response.clone()`.";
const BAD_FETCHES: [title: string, fetch: unknown, sentence: string][] = [
  ["returns undefined", async () => undefined, "options.fetch returned no response, but a value of undefined."],
  ["returns null", async () => null, "options.fetch returned no response, but a value of null."],
  ["returns a text", async () => "{}", 'options.fetch returned no response, but a value of "{}".'],
  ["returns a number", () => 5, "options.fetch returned no response, but a value of 5."],
  ["returns an object", async () => ({}), "options.fetch returned no response, but a value of type object."],
  [
    "has no headers",
    async () => ({ status: 200, ok: true }),
    "options.fetch returned no response, but a value of type",
  ],
  [
    "has no status",
    async () => ({ headers: new Headers() }),
    "options.fetch returned no response, but a value of type",
  ],
  ["has been read", read, READ],
  ["is locked", locked, READ],
  ["throws a text", throwing("no wire"), "options.fetch failed: no wire."],
  ["throws undefined", throwing(undefined), "options.fetch failed: undefined."],
  ["throws null", throwing(null), "options.fetch failed: null."],
  ["throws an error", throwing(new Error("no wire.")), "options.fetch failed: no wire."],
  ["rejects", () => Promise.reject(new TypeError("x is not a function")), "options.fetch failed: x is not a function."],
  ["is offline", throwing(new TypeError("Failed to fetch")), "the registry did not answer."],
];

test.each(BAD_FETCHES)("a fetch that %s: EUNREACHABLE that says so", async (_title, fetch, sentence) => {
  const { code, message } = await resolveWith(fetch);
  expect(code).toBe("EUNREACHABLE");
  expect(message).toContain(`Cannot fetch a from ${REGISTRY}a: ${sentence}`);
});

test("a failing fetch leaves its cause in the details, unless that quotes the token", async () => {
  const { failure } = await resolveWith(throwing(new Error("no wire to http://user:hush@h/")));
  expect(failure.details?.["cause"]).toBe("no wire to http://h/");
  const token = async (): Promise<string> => "hush";
  const error = await resolveWith(throwing(new Error("wrong header: Bearer hush")), { token });
  expect(JSON.stringify([error.failure, error.message])).not.toContain("hush");
});

test("a fetch that never settles ends with ETIMEDOUT", async () => {
  const never = new Promise<never>(() => {});
  const bodies = [
    () => never,
    async () => ({ ok: true, status: 200, headers: new Headers(), arrayBuffer: () => never }),
    async () => new Response(new ReadableStream({ pull: () => never })),
  ];
  for (const fetch of bodies) expect((await resolveWith(fetch)).code).toBe("ETIMEDOUT");
});

test.each([
  ["throws", throwing(new Error("hush"))],
  ["throws undefined", throwing(undefined)],
  ["returns a number", () => 5],
  ["returns an object", () => ({})],
  ["returns a function", () => () => "x"],
  ["returns a line break", () => "a\nb"],
])("a token that %s: ENEEDAUTH without what it threw", async (_title, token) => {
  const { code, message } = await resolveWith(async () => new Response("{}"), { token: wrong(token) });
  expect(code).toBe("ENEEDAUTH");
  expect(message).toContain("options.token threw, or returned");
  expect(message).not.toContain("hush");
});

const pack = fakeTarball({ "package.json": { name: "a", version: "1.0.0" }, "a.js": "1" });
const dist = { tarball: `${REGISTRY}a/-/a-1.0.0.tgz`, integrity: pack.integrity };
const packument = {
  name: "a",
  "dist-tags": { latest: "1.0.0" },
  versions: { "1.0.0": { name: "a", version: "1.0.0", dist } },
};

async function installWith(options: InstallOptions): Promise<unknown> {
  const registry = memoryRegistry(inlineSnapshot({ a: packument }, { "a/-/a-1.0.0.tgz": pack.bytes }));
  const given = { mode: "inline", registry: registry.url, cache: "none", retries: 0 } as const;
  const installer = await createInstaller({ ...given, fetch: registry.fetch });
  try {
    return await installer.install(PROJECT, options);
  } finally {
    installer.dispose();
  }
}

const boom = new Error("boom");

test.each<[title: string, afterExtract: unknown, sentence: string, cause: unknown]>([
  ["throws", throwing(boom), "boom.", boom],
  ["rejects", () => Promise.reject(boom), "boom.", boom],
  ["throws a text", throwing("boom"), "boom.", "boom"],
  ["throws null", throwing(null), "null.", null],
  ["returns a text", () => "x", "it returned neither a Uint8Array nor undefined.", undefined],
  ["returns an object", () => ({}), "it returned neither a Uint8Array nor undefined.", undefined],
  [
    "never settles",
    () => new Promise(() => {}),
    "it took more than 20 ms. Raise options.afterExtractTimeout.",
    undefined,
  ],
])("an afterExtract that %s: EAFTEREXTRACT with its cause", async (_title, afterExtract, sentence, cause) => {
  const error = await caught(() => installWith({ afterExtract: wrong(afterExtract), afterExtractTimeout: 20 }));
  expect(error.code).toBe("EAFTEREXTRACT");
  expect(error.message).toMatch(/^options\.afterExtract failed for node_modules\/a\//);
  expect(error.message).toContain(sentence);
  expect(error.cause).toBe(cause);
});

const session = { held: new Map(), begin() {}, write() {}, commit() {}, abort() {} };

test.each<[title: string, open: unknown, sentence: string, cause?: unknown]>([
  ["throws", throwing(boom), "Cannot write the files: boom.", boom],
  ["throws undefined", throwing(undefined), "Cannot write the files: undefined."],
  ["returns undefined", () => undefined, "The sink's method `open` must return a session with a method begin."],
  ["returns a text", () => "x", "The sink's method `open` must return a session with a method begin."],
  [
    "has no write",
    () => ({ ...session, write: 5 }),
    "The sink's method `open` must return a session with a method write.",
  ],
  ["has no held", () => ({ ...session, held: undefined }), "The sink's session must have a Map `held`."],
  ["holds an object", () => ({ ...session, held: {} }), "The sink's session must have a Map `held`."],
  ["fails to begin", () => ({ ...session, begin: throwing(boom) }), "Cannot write the files: boom.", boom],
  ["fails to write", () => ({ ...session, write: throwing(boom) }), "Cannot write the files: boom.", boom],
  ["fails to commit", () => ({ ...session, commit: throwing(boom) }), "Cannot write the files: boom.", boom],
])("a sink that %s: ESINK with its cause", async (_title, open, sentence, cause) => {
  const error = await caught(() => installWith({ sink: wrong({ open }) }));
  expect([error.code, error.message]).toEqual(["ESINK", sentence]);
  expect(error.cause).toBe(cause);
});

test.each([
  ["throws", throwing("deaf")],
  ["rejects", () => Promise.reject(new Error("deaf"))],
])("an onProgress that %s is a warning", async (_title, onProgress) => {
  const installed = wrong<{ report: { warnings: { code: string; message: string }[] } }>(
    await installWith({ onProgress: wrong(onProgress) }),
  );
  expect(installed.report.warnings.map(({ code, message }) => `${code}: ${message}`)).toEqual([
    "EPROGRESS: options.onProgress failed: deaf.",
  ]);
});

test("an onWarning of an import map that throws is named, with its cause", async () => {
  const registry = memoryRegistry(inlineSnapshot({ a: packument }));
  const installer = await createInstaller({ mode: "inline", registry: REGISTRY, fetch: registry.fetch, cache: "none" });
  const local = { files: { "package.json": '{"dependencies":{"b":"file:b"}}', "b/package.json": '{"name":"b"}' } };
  const resolution = await installer.resolve(local, {} as ResolveOptions);
  const error = await caught(() => resolution.importMap({ onWarning: throwing(boom) }));
  expect([error.code, error.message]).toEqual(["EINTERNAL", "options.onWarning failed: boom."]);
  expect(error.cause).toBe(boom);
  installer.dispose();
});

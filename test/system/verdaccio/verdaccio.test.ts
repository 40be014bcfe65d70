import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { FileMap } from "../../../src/api/common.ts";
import { createInstaller } from "../../../web/index.ts";
import type { Bench } from "../../install/in-page.ts";
import { npm, temporaryFolder, writeProject } from "../../install/npm.ts";
import { MODES, Stage, type Tab } from "../../install/stage.ts";
import { PrivateRegistry } from "./private-registry.ts";

// A private registry as teams run it: packages published by `npm publish`, tokens, rights, CORS. In Node and in every mode of Chromium.

const PACKAGES: FileMap[] = [
  {
    "package.json": JSON.stringify({
      name: "@private/secret",
      version: "1.2.0",
      dependencies: { "@private/base": "^1.0.0", open: "~2.1.0" },
      bin: { secret: "cli.js" },
    }),
    "index.js": "export default 'kept';\n",
    "cli.js": "#!/usr/bin/env node\n",
  },
  { "package.json": JSON.stringify({ name: "@private/base", version: "1.0.1" }), "index.js": "base\n" },
  { "package.json": JSON.stringify({ name: "@private/base", version: "2.0.0" }), "index.js": "base 2\n" },
  { "package.json": JSON.stringify({ name: "open", version: "2.1.3", license: "MIT" }), "index.js": "open\n" },
];

const DEPENDENCIES = { "@private/secret": "^1.0.0", "@private/base": "^2.0.0" };
const manifest = (dependencies: Record<string, string> = DEPENDENCIES): string =>
  JSON.stringify({ name: "project", version: "1.0.0", dependencies });

let registry: PrivateRegistry;
let stage: Stage;
/** The platform of this machine's npm. */
let npmVersion = "";

beforeAll(async () => {
  [registry, stage] = await Promise.all([PrivateRegistry.start(), Stage.open()]);
  npmVersion = (await promisify(execFile)("npm", ["--version"])).stdout.trim();
  for (const files of PACKAGES) {
    await using home = await temporaryFolder();
    await writeProject(home.path, { npmrc: `${registry.key}:_authToken=${registry.tokens.alice}\n` });
    await writeProject(join(home.path, "project"), files);
    await npm(home.path, registry.url, ["publish"]);
  }
}, 300_000);

afterAll(async () => {
  await stage?.[Symbol.asyncDispose]();
  await registry?.[Symbol.asyncDispose]();
});

/** One install, in Node or in a page: plain data, apart from `token`, which stands for the callback. */
interface Visit {
  mode: "threads" | "worker" | "inline";
  io?: "page" | "worker";
  files: Record<string, string>;
  token?: string | undefined;
  env?: Record<string, string>;
  registry?: string;
  scopes?: Record<string, string>;
}

interface Found {
  /** Of every file that is named `index.js`. */
  texts?: Record<string, string>;
  lock?: string;
  computed?: Readonly<Record<string, string>>;
  code?: string;
  message?: string;
  wayOut?: string[];
  warnings?: string[];
}

/** Is sent to pages as text, so it uses only its parameters. */
async function visit(bench: Pick<Bench, "createInstaller">, { files, token, ...options }: Visit): Promise<Found> {
  const installer = await bench.createInstaller({
    workerUrl: "/worker.js",
    cache: "none",
    ...options,
    ...(token && { token: () => token }),
  });
  try {
    const project = await installer.install({ files });
    const paths = project.paths().filter((path) => path.endsWith("/index.js"));
    const texts: Record<string, string> = {};
    for (const path of paths) texts[path] = new TextDecoder().decode(await project.readFile(path));
    const warnings = (project.resolution?.warnings ?? []).map(({ message }) => message);
    return { texts, lock: project.lockfile, computed: project.report.computed, warnings };
  } catch (error) {
    const { failure } = error as { failure?: { code: string; message: string; wayOut: { text: string }[] } };
    if (!failure) throw error;
    return { code: failure.code, message: failure.message, wayOut: failure.wayOut.map(({ text }) => text) };
  } finally {
    installer.dispose();
  }
}

/** The pages with and without isolation headers. */
const tabs = new Map<boolean, Promise<Tab>>();

function tabOf(isolated: boolean): Promise<Tab> {
  const tab = tabs.get(isolated) ?? stage.tab({ isolated });
  tabs.set(isolated, tab);
  return tab;
}

type Place = { name: string; visit(given: Omit<Visit, "mode" | "io">): Promise<Found> };

const PLACES: Place[] = [
  { name: "Node", visit: (given) => visit({ createInstaller }, { mode: "inline", ...given }) },
  ...MODES.flatMap((mode) =>
    (["page", "worker"] as const).map((io) => ({
      name: `Chromium, ${mode}, io ${io}`,
      async visit(given: Omit<Visit, "mode" | "io">): Promise<Found> {
        const tab = await tabOf(mode === "threads");
        return await tab.call(visit, { mode, io, ...given });
      },
    })),
  ),
];

const TEXTS = {
  "node_modules/@private/base/index.js": "base 2\n",
  "node_modules/@private/secret/index.js": "export default 'kept';\n",
  "node_modules/@private/secret/node_modules/@private/base/index.js": "base\n",
  "node_modules/open/index.js": "open\n",
};

test.each(PLACES)("installs published packages with the option token: $name", async (place) => {
  const found = await place.visit({
    registry: registry.url,
    token: registry.tokens.alice,
    files: { "package.json": manifest() },
  });
  expect(found).toMatchObject({ texts: TEXTS, computed: {}, warnings: [] });
});

test.each(PLACES)("installs them with the token of .npmrc and a variable of env: $name", async (place) => {
  const npmrc = `@private:registry=${registry.url}\n${registry.key}:_authToken=\${NPM_TOKEN}\n`;
  const found = await place.visit({
    registry: registry.url,
    scopes: { "@private": registry.url },
    env: { NPM_TOKEN: registry.tokens.alice },
    files: { "package.json": manifest(), ".npmrc": npmrc },
  });
  expect(found).toMatchObject({ texts: TEXTS, computed: {}, warnings: [] });
});

test.each(["_auth", "username"])("installs them with %s of .npmrc", async (key) => {
  const { auth, password } = registry.basic("alice");
  const lines = { _auth: `_auth=${auth}`, username: `username=alice\n${registry.key}:_password=${password}` };
  const found = await PLACES[0]!.visit({
    registry: registry.url,
    files: { "package.json": manifest(), ".npmrc": `${registry.key}:${lines[key as keyof typeof lines]}` },
  });
  expect(found).toMatchObject({ texts: TEXTS, warnings: [] });
});

test("sends a token of .npmrc to no registry that only .npmrc names", async () => {
  const found = await PLACES[0]!.visit({
    env: { NPM_TOKEN: registry.tokens.alice },
    files: {
      "package.json": manifest(),
      ".npmrc": `registry=${registry.url}\n${registry.key}:_authToken=\${NPM_TOKEN}\n`,
    },
  });
  expect(found.code).toBe("E401");
});

const REFUSALS: [string, Record<string, string>, "alice" | "bob" | "nobody" | undefined, Found][] = [
  [
    "nobody",
    { "@private/secret": "1" },
    undefined,
    {
      code: "E401",
      message:
        "Cannot fetch @private/secret from REGISTRY@private%2fsecret: the registry refuses access without credentials (401).",
      wayOut: [
        "Pass credentials for HOST with `token` or in .npmrc. They count for an address that `registry`, `scopes` or `tokenUrls` names.",
      ],
    },
  ],
  [
    "somebody with a wrong token",
    { "@private/secret": "1" },
    "nobody",
    {
      code: "E401",
      message:
        "Cannot fetch @private/secret from REGISTRY@private%2fsecret: the registry does not accept the credentials that were sent (401).",
      wayOut: ["Use credentials that may read this package."],
    },
  ],
  [
    "bob, who has no rights",
    { "@private/secret": "1" },
    "bob",
    {
      code: "E403",
      message:
        "Cannot fetch @private/secret from REGISTRY@private%2fsecret: the credentials that were sent give no access (403).",
      wayOut: ["Use credentials that may read this package."],
    },
  ],
  [
    "alice, who asks for a package that is not there",
    { "@private/none": "1" },
    "alice",
    {
      code: "E404",
      message: "Cannot fetch @private/none from REGISTRY@private%2fnone: the registry answered 404 (not found).",
      wayOut: [
        "Check the name.",
        "Set the registry of the scope, if the package is private.",
        "Set a token: without one, some registries answer 404 for private packages.",
      ],
    },
  ],
  ["alice, who asks for a version that is not there", { "@private/base": "^3.0.0" }, "alice", { code: "ETARGET" }],
];

const refusals = PLACES.flatMap((place) => REFUSALS.map((refusal) => ({ place, who: refusal[0], refusal })));

test.each(refusals)("refuses $who: $place.name", async ({ place, refusal: [, dependencies, user, expected] }) => {
  const found = await place.visit({
    registry: registry.url,
    token: user === "nobody" ? "wrong" : user && registry.tokens[user],
    files: { "package.json": manifest(dependencies) },
  });
  const host = new URL(registry.url).host;
  const shown = JSON.parse(JSON.stringify(found).replaceAll(registry.url, "REGISTRY").replaceAll(host, "HOST"));
  expect(shown).toMatchObject(expected);
});

test.each(["full", "abbreviated"] as const)(
  "writes npm's lock, byte for byte, which npm ci accepts: %s",
  async (metadata) => {
    const npmrc = `@private:registry=${registry.url}\n${registry.key}:_authToken=\${NPM_TOKEN}\n`;
    const files = { "package.json": manifest(), ".npmrc": npmrc };
    const env = { NPM_TOKEN: registry.tokens.alice };
    const options = {
      registry: registry.url,
      scopes: { "@private": registry.url },
      env,
      metadata,
      platform: { npm: npmVersion },
    };
    const installer = await createInstaller({ mode: "inline", cache: "none", ...options });
    const resolution = await installer.resolve({ files }, { completeLockfile: true });
    installer.dispose();
    const lock = resolution.files["package-lock.json"] ?? "";
    await using home = await temporaryFolder();
    const project = join(home.path, "project");
    await writeProject(project, files);
    await npm(home.path, registry.url, ["install", "--package-lock-only"], env);
    expect(lock).toBe(await readFile(join(project, "package-lock.json"), "utf8"));
    await writeFile(join(project, "package-lock.json"), lock);
    await npm(home.path, registry.url, ["ci"], env);
    for (const [path, text] of Object.entries(TEXTS)) expect(await readFile(join(project, path), "utf8")).toBe(text);
  },
);

test("refuses a tarball that has changed since it was published", async () => {
  const path = join(registry.storage, "open/open-2.1.3.tgz");
  const published = await readFile(path);
  const given = { registry: registry.url, files: { "package.json": manifest({ open: "2" }) } };
  try {
    await writeFile(path, Buffer.concat([published, Buffer.of(0)]));
    expect((await PLACES[0]!.visit(given)).code).toBe("EINTEGRITY");
  } finally {
    await writeFile(path, published);
  }
  expect(await PLACES[0]!.visit(given)).toMatchObject({ texts: { "node_modules/open/index.js": "open\n" } });
});

// Full tier: runs 22 attacks by five operations.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { InstallerOptions } from "../../src/api/resolve.ts";
import { createInstaller } from "../../web/index.ts";
import { lockEntry, lockOf, packument, tarballPath, testPackage } from "../install/packages.ts";
import { folder, webhoist } from "./cli/harness.ts";

// What a project, a lock and a registry may write, they may also write to get the embedder's token. Real servers on loopback record
// which requests carry it. The callback ignores its arguments.

const X = testPackage("x@1.0.0");
const SCOPED = testPackage("@acme/y@1.0.0");

interface Seen {
  path: string;
  authorization: string | undefined;
}

/** The registry, below `/npm/`, and another host. */
const hosts = { home: { url: "", seen: [] as Seen[] }, other: { url: "", seen: [] as Seen[] } };
const servers: Server[] = [];
/** The URL of x's tarball in its packument, and redirects of the registry by path. */
let tarball: string | undefined;
let redirects: Record<string, string> = {};

async function listen(host: { url: string; seen: Seen[] }): Promise<void> {
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    host.seen.push({ path, authorization: request.headers.authorization });
    const to = host === hosts.home ? redirects[path] : undefined;
    if (to) return void response.writeHead(302, { location: to }).end();
    for (const one of [X, SCOPED]) {
      if (path.endsWith(tarballPath(one).split("/").at(-1)!)) return void response.end(one.bytes);
      if (!decodeURIComponent(path).endsWith(`/${one.name}`)) continue;
      const document = packument([one], `${host.url}npm/`) as {
        versions: Record<string, { dist: { tarball: string } }>;
      };
      if (tarball) document.versions["1.0.0"]!.dist.tarball = tarball;
      return void response.end(JSON.stringify(document));
    }
    response.writeHead(404).end();
  });
  servers.push(server);
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  host.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

beforeAll(async () => {
  await Promise.all([listen(hosts.home), listen(hosts.other)]);
});
afterAll(() => {
  for (const server of servers) server.close();
});
beforeEach(() => {
  tarball = undefined;
  redirects = {};
  hosts.home.seen.length = hosts.other.seen.length = 0;
});

interface Attack {
  title: string;
  dependencies?: Record<string, string>;
  npmrc?: string;
  lock?: string;
  tarball?: string;
  redirects?: Record<string, string>;
  /** Whether the other host is asked at all: then the attack arrives, without a token. */
  reaches: boolean;
  options?: InstallerOptions;
}

function attacks(): Attack[] {
  const [home, other] = [hosts.home.url, hosts.other.url];
  const path = tarballPath(X);
  const lock = (url: string): string => lockOf({ "node_modules/x": { ...lockEntry(X, "http://h/"), resolved: url } });
  return [
    { title: "nothing", reaches: false },
    { title: "resolved on another host", lock: lock(`${other}npm/${path}`), reaches: true },
    { title: "resolved on another path of the host", lock: lock(`${home}other/${path}`), reaches: false },
    { title: "resolved on a path like the registry's", lock: lock(`${home}npm2/${path}`), reaches: false },
    { title: "resolved with an escaped way out", lock: lock(`${home}npm/..%2fother/${path}`), reaches: false },
    {
      title: "resolved with the registry as user",
      lock: lock(`${other.replace("//", "//127.0.0.1@")}${path}`),
      reaches: true,
    },
    { title: "dist.tarball on another host", tarball: `${other}npm/${path}`, reaches: true },
    { title: "dist.tarball on another path of the host", tarball: `${home}files/${path}`, reaches: false },
    { title: "a URL as a dependency", dependencies: { x: `${other}npm/${path}` }, reaches: true },
    { title: "a redirect to another host", redirects: { [`/npm/${path}`]: `${other}npm/${path}` }, reaches: true },
    {
      title: "a redirect out of the registry",
      redirects: { [`/npm/${path}`]: `${home}files/${path}` },
      reaches: false,
    },
    { title: "a redirect of the packument", redirects: { "/npm/x": `${other}npm/x` }, reaches: true },
    { title: "registry in .npmrc", npmrc: `registry=${other}npm/`, reaches: false },
    {
      title: "registry in .npmrc, and none in the options",
      npmrc: `registry=${other}npm/`,
      options: { registry: undefined, scopes: { "@own": `${home}npm/` } } as unknown as InstallerOptions,
      reaches: true,
    },
    {
      title: "a scope in .npmrc",
      npmrc: `@acme:registry=${other}npm/`,
      dependencies: { "@acme/y": "1" },
      reaches: false,
    },
    {
      title: "a scope in .npmrc, allowed",
      npmrc: `@acme:registry=${other}npm/`,
      dependencies: { "@acme/y": "1" },
      options: { projectConfig: ["@acme:registry"] },
      reaches: true,
    },
    {
      title: "a scope in .npmrc, and in the options",
      npmrc: `@acme:registry=${other}npm/`,
      dependencies: { "@acme/y": "1" },
      options: { scopes: { acme: `${home}npm/` }, projectConfig: ["@acme:registry"] },
      reaches: false,
    },
    {
      title: "credentials in .npmrc",
      npmrc: `registry=${other}npm/\n${other.slice(5)}:_authToken=theirs\n${home.slice(5)}:_authToken=theirs\n_auth=theirs`,
      reaches: false,
    },
    {
      title: "credentials in .npmrc, and no registry in the options",
      npmrc: `registry=${other}npm/\n${other.slice(5)}:_authToken=\${SECRET}`,
      options: { registry: undefined, env: { SECRET: "theirs" } } as unknown as InstallerOptions,
      reaches: true,
    },
    {
      title: "credentials in .npmrc for the other host, which the lock names",
      npmrc: `${other.slice(5)}npm/:_authToken=theirs`,
      lock: lock(`${other}npm/${path}`),
      reaches: true,
    },
    {
      title: "credentials in .npmrc, and a redirect to another host",
      npmrc: `${home.slice(5)}npm/:_authToken=theirs\n${other.slice(5)}:_authToken=theirs`,
      redirects: { [`/npm/${path}`]: `${other}npm/${path}` },
      options: { token: () => undefined },
      reaches: true,
    },
    {
      title: "a variable in the URL of a registry in .npmrc",
      npmrc: `registry=${other}\${SECRET}/`,
      options: { registry: undefined, env: { SECRET: "theirs" } } as unknown as InstallerOptions,
      reaches: false,
    },
  ];
}

const OPERATIONS = ["resolve", "install files", "install a lock", "webhoist lock", "webhoist install"] as const;

async function run(attack: Attack, operation: (typeof OPERATIONS)[number]): Promise<void> {
  const files: Record<string, string> = {
    "package.json": JSON.stringify({
      name: "project",
      version: "1.0.0",
      dependencies: attack.dependencies ?? { x: "1.0.0" },
    }),
    ...(attack.npmrc && { ".npmrc": attack.npmrc }),
    ...(attack.lock && { "package-lock.json": attack.lock }),
  };
  if (operation.startsWith("webhoist")) {
    const config = attack.options?.projectConfig;
    const flags = ["--token-env=TOKEN", ...(Array.isArray(config) ? [`--project-config=${config.join()}`] : [])];
    const path = folder(files);
    const words = operation.split(" ").slice(1);
    await webhoist([...words, path, `--registry=${hosts.home.url}npm/`, ...flags], {
      env: { TOKEN: "hush" },
      createInstaller,
    });
    return;
  }
  const installer = await createInstaller({
    registry: `${hosts.home.url}npm/`,
    token: () => "hush",
    mode: "inline",
    cache: "none",
    retries: 0,
    ...attack.options,
  });
  const input = operation === "install a lock" ? attack.lock : { files };
  try {
    if (operation === "resolve") await installer.resolve({ files });
    else if (input) await installer.install(input, { files: { ".npmrc": attack.npmrc ?? "" } });
  } catch {
    // An attack may also fail.
  }
  installer.dispose();
}

const cases = OPERATIONS.flatMap((operation) => attacks().map(({ title }, index) => ({ operation, title, index })));

test.each(cases)("the token stays below the registry: $operation, $title", async ({ operation, index, title }) => {
  const attack = attacks()[index]!;
  tarball = attack.tarball;
  redirects = attack.redirects ?? {};
  await run(attack, operation);
  const { home, other } = hosts;
  const isOwn = ({ path }: Seen): boolean => /^\/npm\/(?!\.\.%2f)/.test(path);
  const outside = [...other.seen, ...home.seen.filter((one) => !isOwn(one))];
  expect(outside.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
  expect(outside.filter(({ path }) => path.includes("theirs"))).toEqual([]);
  // A project's own token counts where the embedder has none. The command has one.
  const isTheirs = attack.options?.token !== undefined && !operation.startsWith("webhoist");
  for (const { authorization } of home.seen.filter(isOwn)) {
    if (isTheirs) expect(["Bearer theirs", undefined]).toContain(authorization);
    else expect(authorization).toBe("Bearer hush");
  }
  if (title === "nothing" && operation !== "install a lock") expect(home.seen.filter(isOwn)).not.toEqual([]);
  if (operation === "install files") expect(other.seen.length > 0).toBe(attack.reaches);
});

test.each(["resolve", "install"] as const)(
  "a project's token counts for the registry of the options: %s",
  async (operation) => {
    const { home, other } = hosts;
    const installer = await createInstaller({
      registry: `${home.url}npm/`,
      env: { SECRET: "theirs" },
      mode: "inline",
      cache: "none",
    });
    const npmrc = [home, other].map(({ url }) => `${url.slice(5)}:_authToken=\${SECRET}`).join("\n");
    const files = { "package.json": '{"dependencies":{"x":"1"}}', ".npmrc": npmrc };
    const { warnings } =
      operation === "resolve" ? await installer.resolve({ files }) : (await installer.install({ files })).resolution!;
    installer.dispose();
    expect(home.seen.map(({ authorization }) => authorization)).toEqual(
      operation === "resolve" ? ["Bearer theirs"] : ["Bearer theirs", "Bearer theirs"],
    );
    expect(other.seen).toEqual([]);
    const host = new URL(other.url).host;
    expect(warnings.map(({ message }) => message)).toEqual([
      `.npmrc: credentials are ignored for ${host}: no option of the installer names that address.`,
    ]);
  },
);

test("tokenUrls names another place that gets the token, and projectConfig: false ignores .npmrc", async () => {
  tarball = `${hosts.other.url}files/${tarballPath(X)}`;
  const asked: unknown[] = [];
  const installer = await createInstaller({
    registry: `${hosts.home.url}npm/`,
    tokenUrls: [`${hosts.other.url}files`],
    projectConfig: false,
    mode: "inline",
    cache: "none",
    token: (url, { registry }) => {
      asked.push([url, registry]);
      return "hush";
    },
  });
  const npmrc = `registry=${hosts.other.url}\ntag=beta\n//h/:_authToken=x`;
  const project = await installer.install({ files: { "package.json": '{"dependencies":{"x":"1"}}', ".npmrc": npmrc } });
  expect(project.report.warnings).toEqual([]);
  expect(hosts.other.seen).toEqual([{ path: `/files/${tarballPath(X)}`, authorization: "Bearer hush" }]);
  expect(asked).toContainEqual([tarball, `${hosts.other.url}files/`]);
  installer.dispose();
});

test.each([
  [{ tokenUrls: ["ftp://user:hush@h/"] }, "options.tokenUrls must be a list of http or https URLs."],
  [{ tokenUrls: "http://h/" }, "options.tokenUrls must be a list of http or https URLs."],
  [{ projectConfig: "registry" }, 'options.projectConfig must be true, false or a list of keys, not "registry".'],
  [{ projectConfig: [1] }, "options.projectConfig[0] must be text, not 1."],
])("%j is refused", async (options, message) => {
  await expect(createInstaller({ registry: "http://h/", ...(options as InstallerOptions) })).rejects.toMatchObject({
    code: "EINVALIDOPTION",
    message,
  });
});

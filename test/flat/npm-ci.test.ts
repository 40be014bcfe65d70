import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FileMap } from "../../src/api/common.ts";
import type { Rung } from "../../src/api/flat.ts";
import type { Resolution, ResolveOptions } from "../../src/api/resolve.ts";
import { createInstaller } from "../../web/index.ts";
import { npm, temporaryFolder, writeProject } from "../install/npm.ts";
import { packument, tarballPath, testPackage } from "../install/packages.ts";
import { folderSnapshot } from "../support/registry/folder.ts";
import { type RegistryServer, startRegistry } from "../support/registry/server.ts";
import { inlineSnapshot, PLACEHOLDER } from "../support/registry/snapshot.ts";

// Checks flat locks with npm itself: `npm ci` accepts them without requesting metadata, and `npm ls` finds no problem.

const PACKAGES = [
  testPackage("c@1.0.0"),
  testPackage("c@2.0.0"),
  testPackage("a@1.0.0", { dependencies: { c: "^1.0.0" } }),
  testPackage("a@1.1.0", { dependencies: { c: "^2.0.0" } }),
  testPackage("b@1.0.0", { dependencies: { c: "^1.0.0" } }),
  testPackage("needs-c2@1.0.0", { dependencies: { c: "^2.0.0" } }),
  testPackage("@s/alias@1.0.0", { dependencies: { "c-one": "npm:c@^1.0.0", c: "^2.0.0" } }),
  testPackage("y@1.0.0"),
  testPackage("y@2.0.0"),
  testPackage("leaf@1.0.0"),
  testPackage("elsewhere@1.0.0", { os: ["none"], dependencies: { leaf: "^1.0.0" } }),
  testPackage("here@1.0.0", { os: ["!none"] }),
  testPackage("native@1.0.0", { optionalDependencies: { elsewhere: "^1.0.0", here: "^1.0.0" } }),
  testPackage("hopeful@1.0.0", { optionalDependencies: { y: "^9.0.0", "no-such-package": "1" } }),
  testPackage("rather-c1@1.0.0", { optionalDependencies: { c: "^1.0.0" } }),
  testPackage("peer@1.0.0", { peerDependencies: { c: "^1.0.0" } }),
  testPackage("may-peer@1.0.0", {
    peerDependencies: { c: "^1.0.0", y: "^1.0.0" },
    peerDependenciesMeta: { c: { optional: true }, y: { optional: true } },
  }),
  testPackage(
    "carrier@1.0.0",
    { dependencies: { y: "^1.0.0" }, bundleDependencies: ["y"] },
    { "node_modules/y/package.json": '{"name":"y","version":"1.0.0"}' },
  ),
];

let registry: RegistryServer;

beforeAll(async () => {
  const names = new Set(PACKAGES.map(({ name }) => name));
  const documents = [...names].map((name) => {
    const versions = PACKAGES.filter((one) => one.name === name);
    return [name, packument(versions, PLACEHOLDER)] as const;
  });
  const tarballs = PACKAGES.map((one) => [tarballPath(one), one.bytes] as const);
  registry = await startRegistry(inlineSnapshot(Object.fromEntries(documents), Object.fromEntries(tarballs)));
});

afterAll(() => registry.close());

const manifest = (fields: object): string => JSON.stringify({ version: "1.0.0", ...fields });
const project = (fields: object, files: FileMap = {}): FileMap => ({
  ...files,
  "package.json": manifest({ name: "project", ...fields }),
});

async function resolveFlat(
  files: FileMap,
  options: ResolveOptions = {},
  from: RegistryServer = registry,
): Promise<Resolution> {
  const installer = await createInstaller({ registry: from.url, mode: "inline", cache: "none" });
  try {
    return await installer.resolve({ files, name: "project" }, { strategy: "flat", ...options });
  } finally {
    installer.dispose();
  }
}

/** Runs an npm command. Returns its stderr if it fails, otherwise `""`. */
async function stderrOf(home: string, words: readonly string[], from: RegistryServer = registry): Promise<string> {
  try {
    await npm(home, from.url, words);
    return "";
  } catch (error) {
    return (error as { stderr?: string }).stderr || String(error);
  }
}

/** Returns the installed versions, by `a` or `a/node_modules/b`. Does not enter links. */
function installed(folder: string, below = ""): Record<string, string> {
  const found: Record<string, string> = {};
  const at = join(folder, "node_modules");
  for (const first of existsSync(at) ? readdirSync(at) : []) {
    if (first.startsWith(".")) continue;
    const names = first.startsWith("@") ? readdirSync(join(at, first)).map((name) => `${first}/${name}`) : [first];
    for (const name of names) {
      const place = join(at, name);
      found[below + name] = JSON.parse(readFileSync(join(place, "package.json"), "utf8")).version;
      if (!linked(at, name)) Object.assign(found, installed(place, `${below}${name}/node_modules/`));
    }
  }
  return found;
}

function linked(at: string, name: string): boolean {
  return readdirSync(join(at, name, ".."), { withFileTypes: true }).some(
    (entry) => entry.isSymbolicLink() && entry.name === name.split("/").at(-1),
  );
}

interface Outcome {
  resolution: Resolution;
  /** The stderr of `npm ci`. */
  ci: string;
  /** The documents that it requests. */
  asked: string[];
  ls: string;
  installed: Record<string, string>;
}

async function byNpm(files: FileMap, options: ResolveOptions, flags: readonly string[] = []): Promise<Outcome> {
  const resolution = await resolveFlat(files, options);
  await using home = await temporaryFolder();
  const folder = join(home.path, "project");
  await writeProject(folder, { ...files, ...resolution.files });
  const before = registry.log.length;
  const ci = await stderrOf(home.path, ["ci", ...flags]);
  const asked = registry.log.slice(before).filter(({ path }) => !path.includes("/-/"));
  const ls = ci === "" ? await stderrOf(home.path, ["ls", "--all", ...flags]) : "";
  return { resolution, ci, asked: asked.map(({ path }) => path), ls, installed: installed(folder) };
}

/** Returns the locations of a lock, without the project's own. */
function locations({ files }: Resolution): string[] {
  const { packages } = JSON.parse(files["package-lock.json"] as string) as { packages: object };
  return Object.keys(packages).filter((location) => location !== "");
}

interface Case {
  files: FileMap;
  options?: ResolveOptions;
  rung?: Rung;
  /** The packages that must be installed. */
  there: Record<string, string>;
  /** The other locations of the lock. */
  inert?: readonly string[];
}

const CASES: Record<string, Case> = {
  "an older version if the newest conflicts": {
    files: project({ dependencies: { a: "^1.0.0" }, devDependencies: { b: "^1.0.0" } }),
    there: { a: "1.0.0", b: "1.0.0", c: "1.0.0" },
  },
  "aliases in the project and in a package": {
    files: project({ dependencies: { "@s/alias": "^1.0.0", "other-c": "npm:c@1" } }),
    there: { "@s/alias": "1.0.0", c: "2.0.0", "c-one": "1.0.0", "other-c": "1.0.0" },
  },
  "workspaces and folders": {
    files: project(
      { workspaces: ["packages/*"], dependencies: { lib: "file:./lib" } },
      {
        "packages/one/package.json": manifest({ name: "one", dependencies: { two: "^1.0.0", a: "^1.0.0" } }),
        "packages/two/package.json": manifest({ name: "@w/two", version: "1.5.0" }),
        "packages/three/package.json": manifest({ name: "two", version: "1.2.0" }),
        "lib/package.json": manifest({ name: "lib", dependencies: { b: "^1.0.0" } }),
      },
    ),
    there: { "@w/two": "1.5.0", a: "1.0.0", b: "1.0.0", c: "1.0.0", lib: "1.0.0", one: "1.0.0", two: "1.2.0" },
  },
  "a peer, an optional peer that is installed and one that is not": {
    files: project({ dependencies: { "may-peer": "^1.0.0", peer: "^1.0.0" } }),
    there: { c: "1.0.0", "may-peer": "1.0.0", peer: "1.0.0" },
  },
  "overrides, everywhere and below one package": {
    files: project({ dependencies: { a: "1.0.0", b: "^1.0.0" }, overrides: { a: { c: "^2.0.0" }, c: "2.0.0" } }),
    there: { a: "1.0.0", b: "1.0.0", c: "2.0.0" },
  },
  "an optional package of another platform, and a bundled package beside another version": {
    files: project({
      dependencies: { native: "^1.0.0", carrier: "^1.0.0", y: "^2.0.0" },
      optionalDependencies: { here: "^1.0.0" },
    }),
    there: { carrier: "1.0.0", "carrier/node_modules/y": "1.0.0", here: "1.0.0", native: "1.0.0", y: "2.0.0" },
    inert: ["node_modules/elsewhere", "node_modules/leaf"],
  },
  "several copies, one of them for an optional dependency": {
    files: project({ dependencies: { b: "^1.0.0", "needs-c2": "^1.0.0", "rather-c1": "^1.0.0" } }),
    options: { relax: "copies" },
    rung: "copies",
    there: {
      b: "1.0.0",
      "b/node_modules/c": "1.0.0",
      c: "2.0.0",
      "needs-c2": "1.0.0",
      "rather-c1": "1.0.0",
      "rather-c1/node_modules/c": "1.0.0",
    },
  },
};

const top = (versions: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(versions).filter(([name]) => !name.includes("/node_modules/")));

describe("npm ci accepts the lock, and npm ls finds no problem", () => {
  test.each(Object.entries(CASES))("%s", async (_, { files, options = {}, rung = "none", there, inert = [] }) => {
    const { resolution, ...npm } = await byNpm(files, options);
    expect(resolution.rung).toBe(rung);
    expect(npm).toEqual({ ci: "", asked: [], ls: "", installed: there });
    expect({ ...resolution.versions }).toEqual(top(there));
    expect(locations(resolution)).toEqual(expect.arrayContaining([...inert]));
  });
});

test("with relax: peers, npm ci needs --legacy-peer-deps and npm ls reports the peers", async () => {
  const files = project({ dependencies: { "needs-c2": "^1.0.0", peer: "^1.0.0" } });
  const refused = await byNpm(files, { relax: "peers" });
  expect(refused.ci).toContain("code EUSAGE");
  const { resolution, ci, asked, ls, installed } = await byNpm(files, { relax: "peers" }, ["--legacy-peer-deps"]);
  expect(resolution.rung).toBe("peers");
  expect({ ci, asked, installed }).toEqual({
    ci: "",
    asked: [],
    installed: { c: "2.0.0", "needs-c2": "1.0.0", peer: "1.0.0" },
  });
  expect(ls.match(/invalid: \S+/g)).toEqual(["invalid: c@2.0.0"]);
});

/** Runs `npm install`. Returns its stderr, the lock and the installed versions. */
async function byInstall(files: FileMap): Promise<{ said: string; lock: string; there: Record<string, string> }> {
  await using home = await temporaryFolder();
  const folder = join(home.path, "project");
  await writeProject(folder, files);
  const text = await stderrOf(home.path, ["install"]);
  const lock = readFileSync(join(folder, "package-lock.json"), "utf8");
  return { said: text, lock, there: installed(folder) };
}

test("npm install does not change the lock", async () => {
  const { files, there } = CASES["workspaces and folders"] as Case;
  const lock = (await resolveFlat(files)).files["package-lock.json"] as string;
  expect(await byInstall({ ...files, "package-lock.json": lock })).toEqual({ said: "", lock, there });
});

// `npm ci` of npm 11 misses it in such a lock, even in one that `npm install` has just written.
test("an optional package that no version satisfies is left out of the lock, as npm does", async () => {
  const files = project({ dependencies: { hopeful: "^1.0.0" } });
  const resolution = await resolveFlat(files);
  const lock = resolution.files["package-lock.json"] as string;
  expect({ ...resolution.versions }).toEqual({ hopeful: "1.0.0" });
  expect(await byInstall(files)).toEqual({ said: "", lock, there: { hopeful: "1.0.0" } });
});

test("an optional package that conflicts at the top is not left out: npm ci would reject the lock", async () => {
  const files = project({ dependencies: { "needs-c2": "^1.0.0", "rather-c1": "^1.0.0" } });
  await expect(resolveFlat(files)).rejects.toMatchObject({ code: "ENOSOLUTION" });
});

const recorded = process.env["WEBHOIST_REGISTRY"];

describe.runIf(recorded)("a recorded registry", { timeout: 300_000 }, () => {
  test.each(["docs-demo", "vite-react-ts", "vue-app", "next-app"])("%s", async (name) => {
    const from = await startRegistry(folderSnapshot(join(recorded as string, "snapshot")));
    try {
      const files = {
        "package.json": readFileSync(join(recorded as string, "projects", name, "package.json"), "utf8"),
      };
      const resolution = await resolveFlat(files, { relax: "copies" }, from);
      await using home = await temporaryFolder();
      await writeProject(join(home.path, "project"), { ...files, ...resolution.files });
      const flags = ["ci", "--dry-run", "--legacy-peer-deps"];
      const complaints =
        (await stderrOf(home.path, flags, from)).match(/(?:Missing|Invalid): .+|code (?!EUSAGE).+/g) ?? [];
      // The recorded registry lacks optional packages of other platforms. npm ci reports those without a version.
      expect(complaints.filter((text) => !/^Missing: \S+@ from/.test(text))).toEqual([]);
      expect(locations(resolution).length).toBeGreaterThan(100);
    } finally {
      await from.close();
    }
  });
});

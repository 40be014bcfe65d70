import { afterAll, beforeAll, expect, test } from "vitest";
import type { FileMap } from "../../src/api/common.ts";
import type { Failure } from "../../src/api/failure.ts";
import type { ResolveOptions } from "../../src/api/resolve.ts";
import { InstallError } from "../../src/errors/failure.ts";
import { createInstaller } from "../../web/index.ts";
import { testPackage } from "./packages.ts";
import { openTestRegistry, type TestRegistry } from "./test-registry.ts";

// A lock beside a package.json that says something else of patches and extensions. The sentences and codes are those of
// `npm ci` 12.2.2, which also names packages that the lock lacks: it resolves the project anew.

const A = testPackage("a@1.0.0", { dependencies: { b: "1" } }, { "x.js": "old\n" });
const B = testPackage("b@1.0.0", {}, { "x.js": "old\n" });
const C = testPackage("c@1.0.0");
const PATCH = "--- a/x.js\n+++ b/x.js\n@@ -1 +1 @@\n-old\n+new\n";
const OTHER = PATCH.replace("new", "newer");
const RULE = { a: { dependencies: { c: "1" } } };

let testRegistry: TestRegistry & AsyncDisposable;
beforeAll(async () => {
  testRegistry = await openTestRegistry();
  testRegistry.publish(A, B, C);
});
afterAll(() => testRegistry[Symbol.asyncDispose]());

/** Members of package.json, and other files. */
interface State {
  fields?: object;
  files?: FileMap;
  /** Changes the lock's entry at a location. */
  entries?: Record<string, object>;
}

const NOTHING: State = {};
const PATCHED: State = { fields: { patchedDependencies: { a: "a.patch" } }, files: { "a.patch": PATCH } };
const EXTENDED: State = { fields: { packageExtensions: RULE } };
const CODE: State = { files: { ".npm-extension.mjs": "export const transformManifest = (pkg) => pkg;\n" } };
/** The hash of that file, as npm writes it. */
const CODE_HASH = {
  "": {
    npmExtensionHash: "sha512-lhTQp/HnwfQa5qEuXaqFfceSDihjlsOPy0fuJ4AQU9j1kliWEpyOG04vscpIQRCQdQEhTXinpcs5VHQUcv7nxg==",
  },
};
const NO_RECORD =
  "that the lock file does not record (it may have been skipped with --ignore-patch-failures). Fix the patch and reinstall, or remove its patchedDependencies entry";

type Row = [title: string, locked: State, now: State, problems: string[] | Failure["code"]];

const rows: Row[] = [
  ["nothing", NOTHING, NOTHING, []],
  ["a patch", PATCHED, PATCHED, []],
  ["a rule", EXTENDED, EXTENDED, []],
  ["the rule, written otherwise", EXTENDED, { fields: { packageExtensions: JSON.parse(JSON.stringify(RULE)) } }, []],
  ["a new patch", NOTHING, PATCHED, [`Invalid: package.json declares a patch for a@1.0.0 ${NO_RECORD}`]],
  [
    "a patch that is gone",
    PATCHED,
    NOTHING,
    ["Invalid: lock file records a patch for a@1.0.0 that package.json no longer declares"],
  ],
  [
    "a patch that changed",
    PATCHED,
    { ...PATCHED, files: { "a.patch": OTHER } },
    ["Invalid: patch for a@1.0.0 does not match the patch recorded in the lock file"],
  ],
  [
    "a patch that moved",
    PATCHED,
    { fields: { patchedDependencies: { a: "./a.patch" } }, files: { "a.patch": PATCH } },
    ["Invalid: patch for a@1.0.0 does not match the patch recorded in the lock file"],
  ],
  [
    "a patch for another package",
    PATCHED,
    { fields: { patchedDependencies: { "b@^1": "a.patch" } }, files: { "a.patch": PATCH } },
    [
      "Invalid: lock file records a patch for a@1.0.0 that package.json no longer declares",
      `Invalid: package.json declares a patch for b@1.0.0 ${NO_RECORD}`,
    ],
  ],
  ["a patch whose file is gone", PATCHED, { fields: PATCHED.fields! }, "EPATCHNOTFOUND"],
  [
    "a patch that nothing uses",
    PATCHED,
    { fields: { patchedDependencies: { a: "a.patch", z: "a.patch" } }, files: PATCHED.files! },
    "EPATCHUNUSED",
  ],
  ["a new rule", NOTHING, EXTENDED, ["Missing: packageExtensions state from lock file"]],
  [
    "a rule that is gone",
    EXTENDED,
    NOTHING,
    ["Invalid: lock file records packageExtensions state but package.json has none"],
  ],
  [
    "a rule that changed",
    EXTENDED,
    { fields: { packageExtensions: { a: { dependencies: { c: "^1" } } } } },
    ["Invalid: packageExtensions in package.json do not match the lock file"],
  ],
  ["a rule that is wrong", EXTENDED, { fields: { packageExtensions: { a: 5 } } }, "EEXTENSIONVALUE"],
  [
    "a mark without its rule",
    EXTENDED,
    {
      ...EXTENDED,
      entries: { "node_modules/b": { packageExtensionsApplied: { selector: "b@1", dependencies: ["z"] } } },
    },
    ['Invalid: stale packageExtensions provenance for b@1.0.0 (selector "b@1")'],
  ],
  [
    "both at once",
    NOTHING,
    { fields: { ...PATCHED.fields, ...EXTENDED.fields }, files: PATCHED.files! },
    [
      `Invalid: package.json declares a patch for a@1.0.0 ${NO_RECORD}`,
      "Missing: packageExtensions state from lock file",
    ],
  ],
  ["new code", NOTHING, CODE, ["Missing: .npm-extension state from lock file"]],
  ["the same code", NOTHING, { ...CODE, entries: CODE_HASH }, []],
  [
    "code that changed",
    NOTHING,
    { files: { ".npm-extension.mjs": "export const transformManifest = () => 1;\n" }, entries: CODE_HASH },
    ["Invalid: .npm-extension file does not match the lock file"],
  ],
  [
    "code that is gone",
    NOTHING,
    { entries: CODE_HASH },
    ["Invalid: lock file records .npm-extension state but no .npm-extension file is present"],
  ],
];

const filesOf = ({ fields, files }: State): FileMap => ({
  "package.json": JSON.stringify({ name: "p", version: "1.0.0", dependencies: { a: "1" }, ...fields }),
  ...files,
});

/** Installs a lock that fits `locked` beside the files of `now`. */
async function install(locked: State, now: State, npm: string, resolve: ResolveOptions = {}): Promise<Failure | null> {
  const installer = await createInstaller({
    mode: "inline",
    registry: testRegistry.url,
    retries: 0,
    platform: { npm },
  });
  try {
    const { files } = await installer.resolve({ files: filesOf(locked) });
    const lock = JSON.parse(files["package-lock.json"] as string) as { packages: Record<string, object> };
    for (const [location, more] of Object.entries(now.entries ?? {})) Object.assign(lock.packages[location]!, more);
    await installer.install(JSON.stringify(lock), { files: filesOf(now), resolve });
    return null;
  } catch (error) {
    if (error instanceof InstallError) return error.failure;
    throw error;
  } finally {
    installer.dispose();
  }
}

test.each(rows)("npm 12 compares the lock with %s", async (_, locked, now, problems) => {
  const failure = await install(locked, now, "12.2.2");
  if (typeof problems === "string") return expect(failure?.code).toBe(problems);
  if (problems.length === 0) return expect(failure).toBeNull();
  expect(failure).toMatchObject({ code: "EUSAGE", details: { problems } });
  expect(failure?.message).toBe(
    `\`npm ci\` can only install packages when your package.json and package-lock.json are in sync. Please update your lock file with \`npm install\` before continuing.\n\n${problems.join("\n")}`,
  );
});

test("npm 11 compares nothing, and unused patches may be allowed", async () => {
  expect(await install(NOTHING, EXTENDED, "11.19.1")).toBeNull();
  const unused = { fields: { patchedDependencies: { a: "a.patch", z: "a.patch" } }, files: PATCHED.files! };
  expect(await install(PATCHED, unused, "12.2.2", { allowUnusedPatches: true })).toBeNull();
});

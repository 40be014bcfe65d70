import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { InstallOptions } from "../../src/api/install.ts";
import type { SinkLink } from "../../src/api/sink.ts";
import { createInstaller, type Installer } from "../../web/index.ts";
import { createFsSink } from "../../web/sinks.ts";
import { failureOf } from "../support/outcome.ts";
import { testPackage } from "./packages.ts";
import { openTestRegistry, type TestRegistry } from "./test-registry.ts";

const A = testPackage(
  "a@1.0.0",
  { bin: "cli.js" },
  { "cli.js": "#!/usr/bin/env node\nold\n", "lib/gone.js": "gone\n" },
);

const PATCH = [
  "--- a/cli.js",
  "+++ b/cli.js",
  "@@ -1,2 +1,2 @@",
  " #!/usr/bin/env node",
  "-old",
  "+new",
  "--- a/lib/gone.js",
  "+++ /dev/null",
  "@@ -1 +0,0 @@",
  "-gone",
  "--- /dev/null",
  "+++ b/lib/added.js",
  "@@ -0,0 +1 @@",
  "+added",
  "",
].join("\n");
const MISFIT = "--- a/cli.js\n+++ b/cli.js\n@@ -1 +1 @@\n-other\n+new\n";
const sri = (text: string): string => `sha512-${createHash("sha512").update(text).digest("base64")}`;

let testRegistry: TestRegistry & AsyncDisposable;
let installer: Installer;

async function installerOf(npm: string): Promise<Installer> {
  return await createInstaller({ mode: "inline", registry: testRegistry.url, retries: 0, platform: { npm } });
}

beforeEach(async () => {
  testRegistry = await openTestRegistry();
  testRegistry.publish(A);
  installer = await installerOf("12.2.2");
});
afterEach(async () => {
  installer.dispose();
  await testRegistry[Symbol.asyncDispose]();
});

type Sink = Map<string, Uint8Array | SinkLink>;

const manifest = (patched: boolean): string =>
  JSON.stringify({ dependencies: { a: "1" }, ...(patched && { patchedDependencies: { "a@1": "patches/a.patch" } }) });
const filesWith = (patch: string): Record<string, string> => ({
  "package.json": manifest(true),
  "patches/a.patch": patch,
});
const textIn = (sink: Sink, path: string): string | undefined => {
  const file = sink.get(path);
  return file instanceof Uint8Array ? new TextDecoder().decode(file) : undefined;
};
const cli = (sink: Sink): string | undefined => textIn(sink, "node_modules/a/cli.js");
const NEW = "#!/usr/bin/env node\nnew\n";
const OLD = "#!/usr/bin/env node\nold\n";

test("a patch changes, adds and deletes files, in the project and in a sink", async () => {
  const sink: Sink = new Map();
  const project = await installer.install({ files: filesWith(PATCH) }, { sink });
  expect(cli(sink)).toBe(NEW);
  expect(textIn(sink, "node_modules/a/lib/added.js")).toBe("added\n");
  expect(sink.has("node_modules/a/lib/gone.js")).toBe(false);
  expect(new TextDecoder().decode(await project.readFile("node_modules/a/cli.js"))).toBe(NEW);
  expect(project.readdir("node_modules/a/lib")).toEqual(["added.js"]);
  expect(project.stat("node_modules/a/lib/added.js")).toMatchObject({ kind: "file", size: 6, mode: 0o644 });
  expect(project.stat("node_modules/a/cli.js")).toMatchObject({ size: NEW.length, mode: 0o755 });
  const mark = { integrity: sri(PATCH), path: "patches/a.patch" };
  expect(JSON.parse(project.lockfile).packages["node_modules/a"]).toMatchObject({
    integrity: A.integrity,
    patched: mark,
  });
  expect(project.resolution?.tree.get("node_modules/a")?.patched).toEqual(mark);
});

test.each([
  ["its package.json", "package.json", { postinstall: "node evil.js", test: "x" }, { postinstall: "node evil.js" }],
  ["a binding.gyp that it adds", "binding.gyp", undefined, { install: "node-gyp rebuild" }],
])("report.scripts has the scripts that a patch gives a package: %s", async (_, path, scripts, expected) => {
  const text = JSON.stringify({ name: "b", version: "1.0.0", scripts: { install: "node old.js" } });
  const B = testPackage("b@1.0.0", scripts && { scripts: { install: "node old.js" } });
  testRegistry.publish(B);
  const patch = scripts
    ? `--- a/${path}\n+++ b/${path}\n@@ -1 +1 @@\n-${text}\n\\ No newline at end of file\n+${JSON.stringify({ name: "b", version: "1.0.0", scripts })}\n`
    : `--- /dev/null\n+++ b/${path}\n@@ -0,0 +1 @@\n+{}\n`;
  const files = {
    "package.json": JSON.stringify({ dependencies: { b: "1" }, patchedDependencies: { b: "b.patch" } }),
    "b.patch": patch,
  };
  const { report } = await installer.install({ files });
  expect(report.scripts).toEqual([
    { location: "node_modules/b", name: "b", version: "1.0.0", scripts: expected, allowed: null },
  ]);
});

test("without a sink and without a lock, the files are patched too", async () => {
  const project = await installer.install({ files: filesWith(PATCH) }, { resolve: { packageLock: false } });
  expect(new TextDecoder().decode(await project.readFile("node_modules/a/cli.js"))).toBe(NEW);
  expect(project.exists("node_modules/a/lib/gone.js")).toBe(false);
  const sink: Sink = new Map();
  await project.writeTo(sink as never);
  expect(cli(sink)).toBe(NEW);
});

test("afterExtract gets the patched files", async () => {
  const seen = new Map<string, string>();
  const afterExtract = (path: string, bytes: Uint8Array): undefined => {
    seen.set(path, new TextDecoder().decode(bytes));
  };
  await installer.install({ files: filesWith(PATCH) }, { sink: new Map(), afterExtract });
  expect(seen.get("node_modules/a/cli.js")).toBe(NEW);
  expect(seen.get("node_modules/a/lib/added.js")).toBe("added\n");
  expect(seen.has("node_modules/a/lib/gone.js")).toBe(false);
});

test("a package is written again only when its patch changes or goes", async () => {
  const sink: Sink = new Map();
  const install = (files: Record<string, string>) => installer.install({ files }, { sink });
  const other = PATCH.replace("+new", "+newer");
  await install(filesWith(PATCH));
  expect((await install(filesWith(PATCH))).report.changed).toEqual([]);
  expect(cli(sink)).toBe(NEW);
  const second = await install(filesWith(PATCH));
  expect(new TextDecoder().decode(await second.readFile("node_modules/a/cli.js")), "what the sink keeps").toBe(NEW);
  expect((await install(filesWith(other))).report.changed).toEqual(["node_modules/a"]);
  expect(cli(sink)).toBe(NEW.replace("new", "newer"));
  expect((await install({ "package.json": manifest(false) })).report.changed).toEqual(["node_modules/a"]);
  expect(cli(sink)).toBe(OLD);
  expect(sink.has("node_modules/a/lib/gone.js")).toBe(true);
  expect(sink.has("node_modules/a/lib/added.js")).toBe(false);
});

const outside = "--- /dev/null\n+++ b/../x\n@@ -0,0 +1 @@\n+x\n";
const nested = "--- /dev/null\n+++ b/node_modules/b/x.js\n@@ -0,0 +1 @@\n+x\n";

test.each<[string, string, string]>([
  ["a line that is not there", MISFIT, "EPATCHFAILED"],
  ["a file that is not there", MISFIT.replaceAll("cli.js", "none.js"), "EPATCHFAILED"],
  ["a file that is there already", "--- /dev/null\n+++ b/cli.js\n@@ -0,0 +1 @@\n+x\n", "EPATCHFAILED"],
  ["the deletion of other text", "--- a/cli.js\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n", "EPATCHFAILED"],
  ["a text that is no diff", "@@ nonsense\n", "EPATCHFAILED"],
  ["a file outside of the package", outside, "EPATCHUNSAFE"],
  ["a file in another package", nested, "EPATCHFAILED"],
])("a patch with %s ends the install, and leaves the sink alone", async (_, patch, code) => {
  const sink: Sink = new Map();
  const failed = await failureOf(installer.install({ files: filesWith(patch) }, { sink }));
  expect(failed).toMatchObject({ code, requiredBy: ["node_modules/a"] });
  expect([...sink]).toEqual([]);
  const optional = { optionalDependencies: { a: "1" }, patchedDependencies: { a: "patches/a.patch" } };
  const files = { "package.json": JSON.stringify(optional), "patches/a.patch": patch };
  expect((await failureOf(installer.install({ files }))).code, "an optional package").toBe(code);
});

test("with ignorePatchFailures, the package stays as it came, and loses its mark", async () => {
  const sink: Sink = new Map();
  const patch = PATCH + MISFIT;
  const options: InstallOptions = { sink, ignorePatchFailures: true };
  const { report, lockfile } = await installer.install({ files: filesWith(patch) }, options);
  expect(report.warnings.map(({ code }) => code)).toContain("EPATCHFAILED");
  expect(cli(sink)).toBe(OLD);
  expect(JSON.parse(lockfile).packages["node_modules/a"]).not.toHaveProperty("patched");
});

test("a lock alone needs the patch among the files, with the hash that it names", async () => {
  const { lockfile } = await installer.install({ files: filesWith(PATCH) });
  expect((await failureOf(installer.install(lockfile))).code).toBe("EPATCHNOTFOUND");
  const other = { "patches/a.patch": `${PATCH}\n` };
  expect((await failureOf(installer.install(lockfile, { files: other }))).code).toBe("EPATCHINTEGRITY");
  const sink: Sink = new Map();
  await installer.install(lockfile, { files: { "patches/a.patch": PATCH }, sink });
  expect(cli(sink)).toBe(NEW);
  const stray = lockfile.replace("patches/a.patch", "../a.patch");
  expect((await failureOf(installer.install(stray, { files: { "a.patch": PATCH } }))).code).toBe("EPATCHUNSAFE");
});

test("npm 11 installs the original from a lock with patches, and a warning says so", async () => {
  const { lockfile } = await installer.install({ files: filesWith(PATCH) });
  const older = await installerOf("11.19.1");
  const sink: Sink = new Map();
  const { report } = await older.install(lockfile, { files: { "patches/a.patch": PATCH }, sink });
  expect(report.warnings).toMatchObject([{ code: "ELOCKFEATURES", details: { lost: ["patched"] } }]);
  expect(cli(sink)).toBe(OLD);
  older.dispose();
});

test("on a disk, the hidden lock has the mark, and decides what is written again", async () => {
  const folder = await mkdtemp(join(tmpdir(), "patches-"));
  const at = (path: string): Promise<string> => readFile(join(folder, path), "utf8");
  const install = (patch: string, options: InstallOptions = {}) =>
    installer.install({ files: filesWith(patch) }, { sink: createFsSink(fs, folder), ...options });
  const hidden = async (): Promise<unknown> =>
    JSON.parse(await at("node_modules/.package-lock.json")).packages["node_modules/a"].patched;
  try {
    await install(PATCH);
    expect(await hidden()).toEqual({ integrity: sri(PATCH), path: "patches/a.patch" });
    expect((await install(PATCH)).report.changed).toEqual([]);
    expect(await at("node_modules/a/cli.js")).toBe(NEW);
    const failed = await install(MISFIT, { ignorePatchFailures: true });
    expect(failed.report.changed).toEqual(["node_modules/a"]);
    expect([await at("node_modules/a/cli.js"), await hidden()]).toEqual([OLD, undefined]);
    const older = await installerOf("11.19.1");
    const { lockfile } = await install(PATCH);
    await older.install(lockfile, { sink: createFsSink(fs, folder) });
    expect([await at("node_modules/a/cli.js"), await hidden()]).toEqual([OLD, undefined]);
    older.dispose();
  } finally {
    await rm(folder, { recursive: true });
  }
});

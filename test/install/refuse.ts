import type { InstallOptions } from "../../src/api/install.ts";
import type { SinkLink } from "../../src/api/sink.ts";
import type { FileNode, TreeSink } from "../../src/sink/tree-sink.ts";
import { createInstaller, InstallError, type Installer } from "../../web/index.ts";
import { createTreeSink } from "../../web/sinks.ts";
import type { BadTarball } from "../tarball/bad-tarballs.ts";
import { lockEntry, lockOf, type TestPackage, testPackage } from "./packages.ts";
import type { RealMode } from "./stage.ts";
import { storeFaults } from "./store-blobs.ts";

// Runs in a page: each bad tarball on every path that bytes can take.

/** The good package in every install. */
export const GOOD: TestPackage = testPackage("good@1.0.0", { bin: "cli.js" }, { "cli.js": "#!/usr/bin/env node\r\n" });
/** The package that was installed before. */
export const OLD: TestPackage = testPackage("old@1.0.0", {}, { "lib/a.js": "exports.a = 1;" });

/** A bad tarball, and the package that it claims to be. */
export interface Bad extends Pick<BadTarball, "name" | "integrity" | "limits" | "code"> {
  package: string;
  /** Whether no lock can have an integrity for it. */
  unlockable: boolean;
}

/** The installs that each bad tarball is tried with. Each of them makes requests. */
export const TRIALS = 4;

export interface Refusals {
  mode: RealMode;
  registry: string;
  bad: readonly Bad[];
}

type Say = (what: string) => void;

interface Tools {
  install: (lock: string, options: InstallOptions) => ReturnType<Installer["install"]>;
  /** The same limits, which only the bad tarballs exceed. */
  loosely: (lock: string, options: InstallOptions) => ReturnType<Installer["install"]>;
  locks: { before: string; required: string; optional: string; good: string };
  bad: Bad;
  url: string;
  report: Say;
}

/** The state that no bad tarball may change. */
interface Sinks {
  map: Map<string, Uint8Array | SinkLink>;
  tree: TreeSink;
}

/** Returns the problems: every bad tarball must be refused on every path, and the good package must install beside it. */
export async function refuseAll({ mode, registry, bad }: Refusals): Promise<string[]> {
  const wrong: string[] = [];
  const installer = await createInstaller({ mode, registry, workerUrl: "/worker.js" });
  const old = { "node_modules/old": lockEntry(OLD, registry) };
  const good = { "node_modules/good": lockEntry(GOOD, registry) };
  const both = await installer.install(lockOf({ ...old, ...good }));
  await both.stored;
  const sinks: Sinks = {
    map: new Map([["src/main.js", new Uint8Array(3)]]),
    tree: createTreeSink({ "main.js": { file: { contents: "main" } } }),
  };
  for (const [i, one] of bad.entries()) {
    const url = `${registry}${one.package}/-/${one.package}-1.0.0.tgz`;
    const entry = { version: "1.0.0", resolved: url, integrity: one.integrity ?? undefined };
    const at = `node_modules/${one.package}`;
    const tools: Tools = {
      bad: one,
      url,
      install: (lock, options) => installer.install(lock, { ...options, ...(one.limits && { limits: one.limits }) }),
      loosely: (lock, options) => installer.install(lock, options),
      locks: {
        before: lockOf(old),
        good: lockOf(good),
        required: lockOf({ ...good, [at]: entry }),
        optional: lockOf({ ...good, [at]: { ...entry, optional: true } }),
      },
      report: (what) => void wrong.push(`${mode}, ${one.name}: ${what}`),
    };
    if (i % 10 === 0) await renew(tools, sinks);
    await refusedBySinks(tools, sinks);
    await refusal(tools, {});
    await leftOut(tools);
  }
  await installer.store.usage();
  wrong.push(...(await storeFaults([GOOD.integrity, OLD.integrity])));
  installer.dispose();
  return wrong;
}

/** Returns the code of a fetched tarball. A download that is too large ends before the archive is looked at. */
function codeOf({ code, limits }: Bad): string {
  return limits?.tarball === undefined ? code : "ELIMIT";
}

async function refusal({ install, locks, bad, url, report }: Tools, options: InstallOptions): Promise<void> {
  try {
    await install(locks.required, options);
    report("the package was installed");
  } catch (error) {
    if (!(error instanceof InstallError)) return report(`the install failed with ${error}`);
    const { code, message, package: name, details, requiredBy } = error.failure;
    // A lock with an unknown hash algorithm is refused itself.
    if (code === "EINVALIDLOCK" && bad.unlockable) return;
    if (code !== codeOf(bad)) report(`the install failed with ${code}, not ${codeOf(bad)}: ${message}`);
    if (name !== bad.package || details?.["url"] !== url) report(`the failure names ${name} at ${details?.["url"]}`);
    if (requiredBy.join() !== `node_modules/${bad.package}`) report(`requiredBy is ${requiredBy}`);
    if (code !== "EINTEGRITY") return;
    if (details?.["expected"] !== bad.integrity) report(`details.expected is ${details?.["expected"]}`);
    if (!/^sha\d+-/.test(`${details?.["actual"]}`)) report(`details.actual is ${details?.["actual"]}`);
  }
}

/** Installs the good package after a refusal, and then restores the state from before. */
async function renew({ locks, loosely, report }: Tools, { map, tree }: Sinks): Promise<void> {
  await loosely(locks.good, { sink: map });
  await loosely(locks.good, { sink: tree });
  const own = ["index.js", "package.json"].map((file) => `node_modules/good/${file}`);
  const good = ["node_modules/.bin/good", "node_modules/good/cli.js", ...own, "src/main.js"].join();
  const paths = [...map.keys()].sort().join();
  if (paths !== good) report(`after the install of the good package, the Map has ${paths}`);
  const modules = tree.tree["node_modules"];
  const names = modules && "directory" in modules ? Object.keys(modules.directory).sort().join() : "";
  if (names !== ".bin,good" || (tree.tree["main.js"] as FileNode).file.contents !== "main")
    report(`the tree has ${names}`);
  await loosely(locks.before, { sink: map });
  await loosely(locks.before, { sink: tree });
}

async function refusedBySinks(tools: Tools, { map, tree: sink }: Sinks): Promise<void> {
  const { report } = tools;
  const entries = [...map];
  await refusal(tools, { sink: map });
  if (map.size !== entries.length || !entries.every(([path, entry]) => map.get(path) === entry))
    report("the Map has changed");
  const { tree } = sink;
  const text = JSON.stringify(tree);
  await refusal(tools, { sink });
  if (sink.tree !== tree || JSON.stringify(sink.tree) !== text) report("the tree has changed");
}

async function leftOut({ locks, bad, report, install }: Tools): Promise<void> {
  const map = new Map<string, Uint8Array | SinkLink>();
  try {
    const project = await install(locks.optional, { sink: map });
    const { skipped, warnings } = project.report;
    if (skipped.map(({ location, why }) => `${location} ${why}`).join() !== `node_modules/${bad.package} failed`)
      report(`skipped is ${JSON.stringify(skipped)}`);
    if (!warnings.some(({ code, package: name }) => code === codeOf(bad) && name === bad.package)) report("no warning");
    if (project.paths().some((path) => !path.includes("/good"))) report(`the project has ${project.paths()}`);
    if ([...map.keys()].some((path) => !path.includes("/good"))) report(`the Map has ${[...map.keys()]}`);
    const text = new TextDecoder().decode(await project.readFile("node_modules/good/index.js"));
    if (text !== 'module.exports = "good@1.0.0";\n') report(`the good package's file has the text ${text}`);
    await project.stored;
    project.dispose();
  } catch (error) {
    // With these limits the good package may be too large too.
    const code = error instanceof InstallError ? error.code : "";
    if (!(bad.limits && (code === "TAR_ABORT" || code === "ELIMIT")) && !(bad.unlockable && code === "EINVALIDLOCK"))
      report(`optional: ${error}`);
  }
}

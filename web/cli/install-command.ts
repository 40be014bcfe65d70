import * as fs from "node:fs/promises";
import process from "node:process";
import type { InstalledProject, InstallOptions } from "../../src/api/install.ts";
import type { ResolveOptions } from "../../src/api/resolve.ts";
import type { FileSink } from "../../src/api/sink.ts";
import { createFsSink } from "../../src/sink/fs-sink.ts";
import type { Args } from "./args.ts";
import type { Io } from "./io.ts";
import { changeCounts, installProgressText, megabytes, plural, warningText } from "./output-text.ts";
import type { ProjectOnDisk } from "./project-on-disk.ts";
import { withProject } from "./with-project.ts";
import { writeFiles } from "./write-files.ts";

/** Resolves a project and writes its node_modules, then its changed package.json and lockfile. Each step is all or nothing. */
export async function runInstall(args: Args, io: Io): Promise<void> {
  const started = performance.now();
  const { flags, positionals } = args;
  await withProject(args, { dir: positionals[0] ?? ".", io }, async ({ dir, project, installer, options }) => {
    const { files, root, name } = project;
    const ignorePatchFailures = flags.get("ignore-patch-failures") === true;
    const given = { ...installOptions(options, io), sink: diskOf(dir), trustSink: true, ignorePatchFailures };
    const installed = await installer.install({ files, root, name }, given);
    io.status?.("");
    const written = writeChanged(project, installed);
    await printReport({ installed, written, flags, io, seconds: (performance.now() - started) / 1000 });
  });
}

/** Returns the options of an install: for the running machine, or for the one that the flags name. */
export function installOptions({ omit, os, cpu, libc, ...options }: ResolveOptions, io: Io): InstallOptions {
  const machine = { os: os ?? io.platform.os, cpu: cpu ?? io.platform.cpu, libc: libc ?? io.platform.libc };
  const known = Object.entries(machine).filter(([, value]) => value !== undefined);
  return {
    platform: Object.fromEntries(known),
    resolve: options,
    signal: io.signal,
    ...(omit && { omit }),
    ...(io.status && { onProgress: (progress): void => io.status?.(installProgressText(progress)) }),
  };
}

/** Returns a sink that writes into the project's folder. Its process id tells a running install from a dead one. */
function diskOf(dir: string): FileSink {
  const alive = (id: string): boolean => {
    try {
      return Number(id) !== process.pid && process.kill(Number(id), 0);
    } catch {
      return false;
    }
  };
  return createFsSink(fs, dir, { owner: { id: `${process.pid}`, alive } });
}

/** Writes the package.json and lockfiles that the resolution changed. Returns their paths. */
function writeChanged({ base, files }: ProjectOnDisk, { resolution }: InstalledProject): string[] {
  const all = Object.entries(resolution?.files ?? {});
  const changed = new Map(all.filter(([name, text]) => files[name] !== text));
  if (changed.size > 0) writeFiles(base, changed, files);
  return [...changed.keys()];
}

interface FinishedRun {
  installed: InstalledProject;
  written: string[];
  flags: Args["flags"];
  io: Io;
  seconds: number;
}

/** Prints the outcome: the warnings and install scripts to stderr, one line of counts to stdout. */
async function printReport({ installed, written, flags, io, seconds }: FinishedRun): Promise<void> {
  const { report, resolution } = installed;
  const warnings = [...(resolution?.warnings ?? []), ...report.warnings];
  if (flags.get("json")) {
    io.out(`${JSON.stringify({ ok: true, changed: written, report: { ...report, warnings } }, null, 2)}\n`);
    return;
  }
  for (const warning of warnings) io.err(await warningText(warning));
  if (report.scripts.length > 0) {
    const names = report.scripts.map(({ name, version }) => `${name}@${version}`).join(", ");
    io.err(`webhoist warn scripts Install scripts were not run: ${names}.\n`);
  }
  const { added, removed, changed, packages, fetched, transferred } = report;
  const difference = changeCounts({ added: added.length, removed: removed.length, changed: changed.length });
  const work = fetched > 0 ? `, ${plural(fetched, "tarball")}, ${megabytes(transferred)}` : "";
  const done = difference
    ? `installed ${plural(packages, "package")} (${difference})`
    : `up to date: ${plural(packages, "package")}`;
  const wrote = written.length > 0 ? `; wrote ${written.join(", ")}` : "";
  io.out(`${done} in ${seconds.toFixed(1)} s${work}${wrote}\n`);
}

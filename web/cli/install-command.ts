import * as fs from "node:fs/promises";
import process from "node:process";
import type { InstalledProject, InstallOptions, InstallProgress } from "../../src/api/install.ts";
import type { ResolveOptions } from "../../src/api/resolve.ts";
import type { FileSink } from "../../src/api/sink.ts";
import { createFsSink } from "../../src/sink/fs-sink.ts";
import type { Args } from "./args.ts";
import type { Io } from "./io.ts";
import { plural, warningText } from "./output-text.ts";
import type { ProjectOnDisk } from "./project-on-disk.ts";
import { withProject } from "./with-project.ts";
import { writeFiles } from "./write-files.ts";

/** Resolves a project and writes its node_modules, then what has changed of its own files: all or nothing of each. */
export async function runInstall(args: Args, io: Io): Promise<void> {
  const started = performance.now();
  const { flags, positionals } = args;
  await withProject(args, { dir: positionals[0] ?? ".", io }, async ({ dir, project, installer, options }) => {
    const { files, root, name } = project;
    const given = { ...installOptions(options, io), sink: diskOf(dir), trustSink: true };
    const installed = await installer.install({ files, root, name }, given);
    io.status?.("");
    const written = writeChanged(project, installed, flags.get("package-lock") !== false);
    await report({ installed, written, flags, io, seconds: (performance.now() - started) / 1000 });
  });
}

/** An install for the running machine, or for the one that the flags name. */
export function installOptions({ omit, os, cpu, libc, ...options }: ResolveOptions, io: Io): InstallOptions {
  const machine = Object.fromEntries(Object.entries({ os, cpu, libc }).filter(([, value]) => value !== undefined));
  return {
    platform: { ...io.platform, ...machine },
    resolve: options,
    signal: io.signal,
    ...(omit && { omit }),
    ...(io.status && { onProgress: (progress): void => io.status?.(progressLine(progress)) }),
  };
}

/** The project's folder. Another process that installs there is told from one that has died by its number. */
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

function writeChanged({ base, files }: ProjectOnDisk, { resolution }: InstalledProject, wanted: boolean): string[] {
  const all = Object.entries(resolution?.files ?? {});
  const changed = new Map(wanted ? all.filter(([name, text]) => files[name] !== text) : []);
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

async function report({ installed, written, flags, io, seconds }: FinishedRun): Promise<void> {
  const { report, resolution } = installed;
  const warnings = [...(resolution?.warnings ?? []), ...report.warnings];
  if (flags.get("json")) {
    io.out(`${JSON.stringify({ ok: true, changed: written, report: { ...report, warnings } }, null, 2)}\n`);
    return;
  }
  for (const warning of warnings) io.err(await warningText(warning));
  if (report.scripts.length > 0) {
    const names = report.scripts.map(({ name, version }) => `${name}@${version}`).join(", ");
    io.err(`webhoist warn scripts Not run: the install scripts of ${names}\n`);
  }
  const { added, removed, changed, packages, fetched, transferred } = report;
  const count = [
    added.length && `+${added.length}`,
    removed.length && `-${removed.length}`,
    changed.length && `~${changed.length}`,
  ];
  const difference = count.filter(Boolean).join(" ");
  const work = fetched > 0 ? `, ${plural(fetched, "tarball")}, ${(transferred / 1e6).toFixed(1)} MB` : "";
  const done = difference
    ? `installed ${plural(packages, "package")} (${difference})`
    : `up to date: ${plural(packages, "package")}`;
  const wrote = written.length > 0 ? `; wrote ${written.join(", ")}` : "";
  io.out(`${done} in ${seconds.toFixed(1)} s${work}${wrote}\n`);
}

function progressLine({ phase, packs, packsDone, bytes }: InstallProgress): string {
  if (phase === "resolve") return `resolve: ${plural(packs, "tarball")} on the way`;
  return `${phase}: ${packsDone} of ${plural(packs, "tarball")}, ${(bytes / 1e6).toFixed(1)} MB`;
}

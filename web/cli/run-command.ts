import type { Failure } from "../../src/api/failure.ts";
import type { Resolution } from "../../src/api/resolve.ts";
import type { ErrorCode } from "../../src/errors/failure.ts";
import { failure, InstallError } from "../../src/errors/failure.ts";
import { internalError } from "../../src/errors/failure-of.ts";
import { withoutSecrets } from "../../src/errors/without-secrets.ts";
import { type Args, parseArgs } from "./args.ts";
import { HELP_TEXT } from "./help-text.ts";
import { runImportMap } from "./import-map-command.ts";
import { runInstall } from "./install-command.ts";
import type { Io } from "./io.ts";
import { failureText, lockSummary, warningText } from "./output-text.ts";
import type { ProjectOnDisk } from "./project-on-disk.ts";
import { withProject } from "./with-project.ts";
import { writeFiles } from "./write-files.ts";

/** Runs a command line. Returns the exit status: 0, 1 after a failure, 130 after an interruption. Never rejects. */
export async function runCommand(argv: readonly string[], io: Io): Promise<number> {
  // --json also applies to errors in the command line itself, so it is read before parsing.
  const json = argv.includes("--json");
  try {
    const args = parseArgs(argv);
    if (args.command === "help") io.out(HELP_TEXT);
    else if (args.command === "version") io.out(`${io.version}\n`);
    else if (args.command === "lock") await runLock(args, io);
    else if (args.command === "install") await runInstall(args, io);
    else if (args.command === "import-map") await runImportMap(args, io);
    else await runWhy(args, io);
    return 0;
  } catch (error) {
    io.status?.("");
    if (io.signal.aborted) {
      io.err("webhoist error code EABORTED\nwebhoist error Interrupted. Nothing was written.\n");
      return 130;
    }
    const failed = withoutSecrets(await asFailure(error));
    if (json) io.out(`${JSON.stringify({ ok: false, failure: failed }, null, 2)}\n`);
    io.err(json ? `webhoist error code ${failed.code}\n` : await failureText(failed));
    return 1;
  }
}

/** Turns any error into a failure. File system errors keep their code; any other error is a bug and keeps its stack. */
async function asFailure(error: unknown): Promise<Failure> {
  if (error instanceof InstallError) return (await import("../../src/explain/way-out.ts")).withWaysOut(error.failure);
  const { code, syscall, path, message, stack } = error as NodeJS.ErrnoException;
  if (code && syscall) return failure(code as ErrorCode, message, path === undefined ? {} : { details: { path } });
  return internalError(stack ?? message ?? String(error));
}

interface ResolvedProject {
  project: ProjectOnDisk;
  resolution: Resolution;
}

function resolveProject(args: Args, dir: string, io: Io): Promise<ResolvedProject> {
  return withProject(args, { dir, io }, async ({ project, installer, options }) => {
    const { files, root, name } = project;
    const resolution = await installer.resolve({ files, root, name }, { ...options, signal: io.signal });
    io.signal.throwIfAborted();
    return { project, resolution };
  });
}

async function runLock(args: Args, io: Io): Promise<void> {
  const { flags, positionals } = args;
  const { project, resolution } = await resolveProject(args, positionals[0] ?? ".", io);
  const { base, files } = project;
  const changed = new Map(Object.entries(resolution.files).filter(([name, text]) => files[name] !== text));
  if (!flags.get("stdout") && !flags.get("dry-run") && changed.size > 0) writeFiles(base, changed, files);
  if (flags.get("json")) {
    const { warnings, stats, rung, versions } = resolution;
    const flat = rung === null ? {} : { rung, versions };
    const outcome = { ok: true, changed: [...changed.keys()], files: resolution.files, ...flat, warnings, stats };
    io.out(`${JSON.stringify(outcome, null, 2)}\n`);
    return;
  }
  for (const warning of resolution.warnings) io.err(await warningText(warning));
  if (flags.get("stdout")) return io.out(lockfileText(resolution));
  io.out(`${lockSummary(resolution, project, { changed: [...changed.keys()], dry: flags.get("dry-run") === true })}\n`);
}

function lockfileText({ files }: Resolution): string {
  const name = Object.keys(files).find((path) => /(?:^|\/)(?:package-lock|npm-shrinkwrap)\.json$/.test(path));
  return name === undefined ? "" : (files[name] as string);
}

async function runWhy(args: Args, io: Io): Promise<void> {
  const [name, dir = "."] = args.positionals as [string, string?];
  const { resolution } = await resolveProject(args, dir, io);
  const answers = resolution.why(name);
  if (answers.length === 0)
    throw new InstallError(
      failure("ENOTINTREE", `The tree has no package named ${name}.`, {
        package: name,
        wayOut: [{ kind: "other", text: "Check the spelling." }],
      }),
    );
  const { explainWhy } = await import("../../src/explain/why.ts");
  if (!args.flags.get("json")) return io.out(`${explainWhy(answers, 10)}\n`);
  const plain = answers.map(({ node, paths }) => ({
    name: node.packageName,
    version: node.version,
    location: node.location,
    paths: paths.map(({ edges }) =>
      edges.map(({ from, name, spec, type, error }) => ({ from: from.location, name, spec, type, error })),
    ),
  }));
  io.out(`${JSON.stringify({ ok: true, why: plain }, null, 2)}\n`);
}

import { basename, dirname, resolve } from "node:path";
import type { Failure } from "../../src/api/failure.ts";
import type { ImportMap, ImportMapOptions } from "../../src/api/flat.ts";
import type { Resolution } from "../../src/api/resolve.ts";
import { InstallError } from "../../src/errors/failure.ts";
import type { Args } from "./args.ts";
import { installOptions } from "./install-command.ts";
import type { Io } from "./io.ts";
import { flatNote, plural, warningText } from "./output-text.ts";
import { type OpenProject, withProject } from "./with-project.ts";
import { writeFiles } from "./write-files.ts";

interface FinishedMap {
  resolution: Resolution;
  map: ImportMap;
  /** Warnings of the resolution, and of imports that the map lacks. */
  warnings: readonly Failure[];
}

/** Prints an import map for a project's packages, or writes it to a file. Writes no other file. */
export async function runImportMap(args: Args, io: Io): Promise<void> {
  const { flags, positionals } = args;
  const dir = positionals[0] ?? ".";
  const { resolution, map, warnings } = await withProject(args, { dir, io }, (open) => makeMap(open, flags, io));
  const text = `${JSON.stringify(map, null, 2)}\n`;
  const out = flags.get("out") as string | undefined;
  if (out !== undefined) {
    const path = resolve(io.cwd, out);
    writeFiles(dirname(path), new Map([[basename(path), text]]), {});
  }
  const { stats, rung, versions } = resolution;
  if (flags.get("json"))
    return io.out(`${JSON.stringify({ ok: true, importMap: map, rung, versions, warnings, stats }, null, 2)}\n`);
  for (const warning of warnings) io.err(await warningText(warning));
  if (out === undefined) return io.out(text);
  const entries = plural(Object.keys(map.imports).length, "import");
  const packages = plural(resolution.tree.nodes.length, "package");
  io.out(`wrote ${out}: ${entries} of ${packages}${flatNote(resolution)}\n`);
}

async function makeMap(
  { project, installer, options }: OpenProject,
  flags: Args["flags"],
  io: Io,
): Promise<FinishedMap> {
  const { files, root, name } = project;
  const resolving = { strategy: "flat", ...options } as const;
  if (flags.get("provider") !== "installed") {
    const resolution = await installer.resolve({ files, root, name }, { ...resolving, signal: io.signal });
    return finish(resolution, mapOptions(flags), io);
  }
  const installed = await installer.install({ files, root, name }, installOptions(resolving, io));
  try {
    // `install` resolved the project itself, so `resolution` is set.
    return await finish(installed.resolution as Resolution, { ...mapOptions(flags), provider: installed }, io);
  } finally {
    installed.dispose();
  }
}

async function finish(resolution: Resolution, options: ImportMapOptions, io: Io): Promise<FinishedMap> {
  const warnings = [...resolution.warnings];
  const lacks: Failure[] = [];
  const map = await resolution.importMap({ ...options, onWarning: (warning) => void lacks.push(warning) });
  io.signal.throwIfAborted();
  // An empty map is an error if there is a reason for it.
  const [lack] = Object.keys(map.imports).length === 0 ? lacks : [];
  if (lack) throw new InstallError(lack);
  warnings.push(...lacks);
  return { resolution, map, warnings };
}

function mapOptions(flags: Args["flags"]): ImportMapOptions {
  const names = ["provider", "base", "conditions", "omit"].filter((name) => flags.has(name));
  return Object.fromEntries(names.map((name) => [name, flags.get(name)]));
}

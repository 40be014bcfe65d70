import type { Failure } from "../../src/api/failure.ts";
import { runToEnd } from "../../src/base/run-to-end.ts";
import { type DriverHost, drive, type ExternalNeed } from "../../src/engine/driver.ts";
import type { Answer } from "../../src/engine/need.ts";
import { readProject } from "../../src/engine/read-project.ts";
import { writeProject } from "../../src/engine/write-project.ts";
import { fail, failure, InstallError, ok } from "../../src/errors/failure.ts";
import { explain } from "../../src/explain/explain.ts";
import { sentenceSteps } from "../../src/explain/proof-sentence.ts";
import { resolveFlat } from "../../src/flat/resolve-flat.ts";
import { indexPackument } from "../../src/registry/condense.ts";
import type { Packument } from "../../src/registry/packument.ts";
import { PLATFORM } from "../conformance/recorded.ts";
import type { World } from "./worst-cases.ts";

/** The outcome of a resolution: the written lock, or the failure and its explanation. */
export type WorldAnswer =
  | { readonly lock: string; readonly steps: number }
  | { readonly failure: Failure; readonly text: string };

/** Resolves a world with the flat strategy, up to the written lock or the explained failure. Calls `pause` at every pause. */
export async function runWorld(
  { project: manifest, packages, options }: World,
  pause: () => void,
  signal?: AbortSignal,
): Promise<WorldAnswer> {
  const known = new Map<string, Packument>();
  for (const [name, versions] of packages) known.set(name, packumentOf(name, versions, options?.before !== undefined));
  const answer = ({ kind, key }: ExternalNeed): Answer => {
    const found = kind === "packument" ? known.get(key) : undefined;
    return found ? ok(found) : fail(failure("E404", `${key} does not exist.`, { package: key }));
  };
  const host: DriverHost = { peek: answer, answer: async (need) => answer(need), breathe: () => paused(pause), signal };
  const project = await readProject({
    files: { "package.json": JSON.stringify(manifest) },
    name: "project",
    options: { ...options, strategy: "flat" },
    platform: PLATFORM,
  });
  pause();
  try {
    const { solver } = await drive(resolveFlat(project), host);
    const { files } = await drive(writeProject(project), host);
    return { lock: files["package-lock.json"] as string, steps: solver.steps };
  } catch (error) {
    if (!(error instanceof InstallError) || signal?.aborted) throw error;
    const known = error.code === "ENOSOLUTION" ? runToEnd(sentenceSteps(error.failure)) : error.failure;
    pause();
    return { failure: known, text: explain(known) };
  }
}

/** Pauses, and lets the driver look at its signal again. */
function paused(pause: () => void): Promise<void> | undefined {
  pause();
  return undefined;
}

function packumentOf(name: string, versions: Readonly<Record<string, object>>, dated: boolean): Packument {
  const keys = Object.keys(versions);
  const document = {
    name,
    "dist-tags": { latest: keys.at(-1) },
    versions: Object.fromEntries(
      keys.map((version) => [version, { name, version, dist: distOf(name, version), ...versions[version] }]),
    ),
    ...(dated && { time: Object.fromEntries(keys.map((version) => [version, "2024-01-01T00:00:00.000Z"])) }),
  };
  return indexPackument(name, new TextEncoder().encode(JSON.stringify(document)));
}

function distOf(name: string, version: string): object {
  const tarball = `http://registry.local/${name}/-/${name}-${version}.tgz`;
  return { tarball, integrity: `sha512-${btoa("-".repeat(64))}` };
}

import type { Failure } from "../../src/api/failure.ts";
import type { Installer, InstallerOptions, Resolution } from "../../src/api/resolve.ts";
import { memoryRegistry } from "../support/registry/memory-fetch.ts";
import type { RegistryOptions } from "../support/registry/responder.ts";
import { lockDifference } from "./lock-difference.ts";
import type { ConformanceCase, Culprit, Expected } from "./recorded.ts";

export type CreateInstaller = (options?: InstallerOptions) => Installer | Promise<Installer>;

/** The result of a run: the files or a coded failure. `crash`: it threw something other than an InstallError. */
export type Given =
  | { kind: "resolution"; resolution: Resolution }
  | { kind: "failure"; failure: Failure }
  | { kind: "crash"; error: unknown };

/** The judgement of a run. `why` is empty if the answer is npm's. */
export interface Verdict {
  why: string;
  detail: string[];
  /** Names that npm did not request, if the answer differs. */
  unlisted: string[];
}

export interface RunOptions {
  registry?: RegistryOptions;
  installer?: InstallerOptions;
  completeLockfile?: boolean;
}

/**
 * Returns an InstallError's failure. Recognises it by its shape, because there may be two copies of the class (bundle and
 * source).
 */
function failureOf(error: unknown): Failure | undefined {
  const { name, failure } = (error ?? {}) as { name?: unknown; failure?: Failure };
  return name === "InstallError" && typeof failure?.code === "string" ? failure : undefined;
}

export async function runCase(
  create: CreateInstaller,
  conformanceCase: ConformanceCase,
  run: RunOptions = {},
): Promise<{ given: Given; unlisted: string[]; requests: string[] }> {
  const { project, options, platform, snapshot } = conformanceCase;
  const registry = memoryRegistry(snapshot, run.registry);
  const settings: InstallerOptions = {
    registry: registry.url,
    fetch: registry.fetch,
    metadata: "full",
    mode: "inline",
    platform,
    retries: 0,
    ...run.installer,
  };
  let given: Given;
  let installer: Installer | undefined;
  try {
    installer = await create(settings);
    const complete = run.completeLockfile ? { completeLockfile: true } : {};
    given = { kind: "resolution", resolution: await installer.resolve(project, { ...options, ...complete }) };
  } catch (error) {
    const failure = failureOf(error);
    given = failure ? { kind: "failure", failure } : { kind: "crash", error };
  } finally {
    installer?.dispose();
  }
  const unlisted = registry.log
    .filter(({ status, method }) => status === 404 && method === "GET")
    .map(({ path }) => path);
  return { given, unlisted, requests: registry.log.map(({ path }) => path) };
}

const quoted = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Checks whether `text` contains `name` as a whole word: `@s/a` and `a-b` do not contain `a`. */
const speaks = (text: string, name: string): boolean =>
  new RegExp(`(^|[^\\w@/.-])${quoted(name)}($|[^\\w/.-]|\\.(\\s|$))`).test(text);

interface ReportedEdge {
  name?: string;
  spec?: string;
  from?: { name?: string };
}

/** Returns the parts of `culprit` that `failure` does not name. */
export function missingCulprit(failure: Failure, culprit: Culprit): string[] {
  const edge = (failure.details?.["edge"] ?? {}) as ReportedEdge;
  const { message } = failure;
  const missing: string[] = [];
  const name = culprit.package;
  if (name !== undefined && failure.package !== name && edge.name !== name && !speaks(message, name))
    missing.push(`package ${name}`);
  const spec = culprit.spec;
  if (spec && failure.spec !== spec && edge.spec !== spec && !message.includes(spec)) missing.push(`spec ${spec}`);
  const from = culprit.from;
  if (from !== undefined && edge.from?.name !== from && !speaks(message, from)) {
    if (!failure.requiredBy.some((location) => location.endsWith(`node_modules/${from}`))) missing.push(`from ${from}`);
  }
  return missing;
}

function judgeFiles(resolution: Resolution, expected: Expected & { kind: "lock" }, given: ConformanceCase): Verdict {
  const { files } = resolution;
  const lock = files[expected.path];
  const verdict: Verdict = { why: "", detail: [], unlisted: [] };
  if (lock === undefined) return { ...verdict, why: `no ${expected.path} in [${Object.keys(files).join(", ")}]` };
  if (lock !== expected.text) return { ...verdict, why: "lock differs", detail: lockDifference(expected.text, lock) };
  if (!expected.files) return verdict;
  for (const [path, text] of Object.entries(expected.files)) {
    const after = files[path] ?? given.project.files[path];
    if (after !== text)
      return {
        ...verdict,
        why: `${path} differs`,
        detail: [`npm:  ${JSON.stringify(text)}`, `here: ${JSON.stringify(after)}`],
      };
  }
  for (const [path, text] of Object.entries(files)) {
    if (path === expected.path || path in expected.files || text === given.project.files[path]) continue;
    if (given.options.update && asLocked(path, text, expected)) continue;
    return { ...verdict, why: `${path} changed`, detail: [`npm leaves it; here: ${JSON.stringify(text)}`] };
  }
  return verdict;
}

/**
 * Checks a changed package.json that was not recorded against the lock: after an update is saved, both have the same
 * dependencies.
 */
function asLocked(path: string, text: string, expected: Expected & { kind: "lock" }): boolean {
  const folder = (file: string): string => file.slice(0, Math.max(0, file.lastIndexOf("/")));
  const [at, root] = [folder(path), folder(expected.path)];
  const { packages } = JSON.parse(expected.text) as { packages?: Record<string, Record<string, unknown>> };
  const entry = packages?.[root && at.startsWith(`${root}/`) ? at.slice(root.length + 1) : at === root ? "" : at];
  const manifest = JSON.parse(text) as Record<string, unknown>;
  const sections = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];
  const sorted = (value: unknown): string => JSON.stringify(Object.entries((value ?? {}) as object).sort());
  return sections.every((section) => sorted(manifest[section]) === sorted(entry?.[section]));
}

/** Compares a run's result with npm's answer: locks byte for byte, failures by code and culprit. */
export function judge(given: Given, expected: Expected, conformanceCase: ConformanceCase): Verdict {
  const wrong = (why: string, detail: string[] = []): Verdict => ({ why, detail, unlisted: [] });
  if (given.kind === "crash") {
    const { error } = given;
    return wrong(`crash: ${String(error)}`, error instanceof Error ? (error.stack ?? "").split("\n").slice(1, 8) : []);
  }
  if (expected.kind === "bounded") return wrong("");
  if (given.kind === "failure") {
    const { failure } = given;
    const said = [
      failure.message,
      JSON.stringify({ ...failure, details: failure.details?.["edge"], paths: undefined }),
    ];
    if (expected.kind === "lock") return wrong(`${failure.code} instead of a lock`, said);
    if (failure.code !== expected.code)
      return wrong(`${failure.code} instead of ${expected.code}`, [
        ...said,
        `culprit: ${JSON.stringify(expected.culprit)}`,
      ]);
    const missing = missingCulprit(failure, expected.culprit);
    return missing.length > 0 ? wrong(`${failure.code} does not name ${missing.join(", ")}`, said) : wrong("");
  }
  if (expected.kind === "failure")
    return wrong(`a lock instead of ${expected.code}`, [`culprit: ${JSON.stringify(expected.culprit)}`]);
  return judgeFiles(given.resolution, expected, conformanceCase);
}

/** Runs one case and judges it. */
export async function conform(
  create: CreateInstaller,
  conformanceCase: ConformanceCase,
  run: RunOptions = {},
): Promise<Verdict> {
  const { given, unlisted } = await runCase(create, conformanceCase, run);
  return { ...judge(given, conformanceCase.expected, conformanceCase), unlisted };
}

import type { Installer } from "../../src/api/resolve.ts";
import { createInstaller, InstallError } from "../../web/index.ts";
import { conform, type Given, judge } from "../conformance/judge.ts";
import { openPack } from "../conformance/pack.ts";
import type { ConformanceCase, Expected, Suite } from "../conformance/recorded.ts";
import type { RealMode } from "../install/stage.ts";
import { PLACEHOLDER } from "../support/registry/snapshot.ts";
import { sharedInstallers } from "../system/modes/shared-installer.ts";

// Runs in a page: npm's recorded answers.

async function casesOf(suite: Suite): Promise<ConformanceCase[]> {
  return await openPack(new Uint8Array(await (await fetch(`/${suite}.pack`)).arrayBuffer()));
}

/** Describes a case whose answer is not npm's. */
const describe = (
  { suite, name }: ConformanceCase,
  mode: RealMode,
  { why, detail }: { why: string; detail: string[] },
) => (why ? [[`${suite} ${name} in ${mode}: ${why}`, ...detail].join("\n  ")] : []);

/** Runs every case of a suite with a registry in the page's memory. Returns the answers that are not npm's. */
export async function recordedInMemory(given: {
  suite: Suite;
  mode: RealMode;
}): Promise<{ count: number; wrong: string[] }> {
  const { suite, mode } = given;
  const shared = sharedInstallers(createInstaller);
  const cases = await casesOf(suite);
  const wrong: string[] = [];
  for (const found of cases) {
    const verdict = await conform(shared.create, found, { installer: { mode, cache: "none" } });
    wrong.push(...describe(found, mode, verdict));
  }
  await shared.end();
  return { count: cases.length, wrong };
}

/** Moves a case to the registry at `url`: its files and npm's answer. */
function movedTo(url: string, found: ConformanceCase): ConformanceCase {
  const move = <T>(value: T): T => (typeof value === "string" ? (value.replaceAll(PLACEHOLDER, url) as T) : value);
  const moved = <T extends object>(values: T): T =>
    Object.fromEntries(Object.entries(values).map(([path, text]) => [path, move(text)])) as T;
  const { expected, project } = found;
  const files = expected.kind === "lock" && expected.files ? { files: moved(expected.files) } : {};
  const answer = expected.kind === "lock" ? { ...expected, text: move(expected.text), ...files } : expected;
  return { ...found, project: { ...project, files: moved(project.files) }, expected: answer as Expected };
}

async function answerOf(installer: Installer, { project, options }: ConformanceCase): Promise<Given> {
  try {
    return { kind: "resolution", resolution: await installer.resolve(project, options) };
  } catch (error) {
    return error instanceof InstallError ? { kind: "failure", failure: error.failure } : { kind: "crash", error };
  }
}

/**
 * Runs cases with registries on loopback, as a page of a user does: without a `fetch` or `workerUrl` of its own.
 * @param given `registries`: their URLs by the name of the case
 */
export async function recordedOverNetwork(given: {
  suite: Suite;
  mode: RealMode;
  io: "page" | "worker";
  registries: Readonly<Record<string, string>>;
}): Promise<{ count: number; wrong: string[] }> {
  const { suite, mode, io, registries } = given;
  const wrong: string[] = [];
  let count = 0;
  for (const found of await casesOf(suite)) {
    const registry = registries[found.name];
    if (!registry) continue;
    count++;
    const { platform } = found;
    const settings = { registry, mode, io, platform, metadata: "full", cache: "none", retries: 0 } as const;
    const installer = await createInstaller(settings);
    const moved = movedTo(registry, found);
    const answer = await answerOf(installer, moved);
    installer.dispose();
    wrong.push(...describe(found, mode, judge(answer, moved.expected, moved)));
  }
  return { count, wrong };
}

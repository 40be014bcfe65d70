import type { Failure } from "../../src/api/failure.ts";
import type { ProjectInput, ResolveOptions } from "../../src/api/resolve.ts";
import { createInstaller, InstallError, type InstallerOptions } from "../../web/index.ts";
import type { RealMode } from "../install/stage.ts";

// Runs in a page: one failure of each kind.

type Told = Pick<Failure, "code" | "message">;

async function toldBy(work: () => Promise<unknown>): Promise<Told> {
  try {
    await work();
    return { code: "none" as Failure["code"], message: "" };
  } catch (error) {
    if (error instanceof InstallError) return { code: error.code, message: error.message };
    return { code: "uncoded" as Failure["code"], message: String(error) };
  }
}

const project = (dependencies: Record<string, string>, more: object = {}): ProjectInput => ({
  files: { "package.json": JSON.stringify({ name: "project", dependencies, ...more }) },
});

/**
 * Provokes failures of the registry, of the project, of a tarball and of the options. Returns code and message by case.
 * @param given `registry`: has `good@1.0.0`, `bad@1.0.0` with a wrong tarball, and `peers@1.0.0`, whose peer is `good@2`;
 *   `closed`: a URL that nothing answers
 */
export async function failures(given: {
  mode: RealMode;
  registry: string;
  closed: string;
  bad: string;
}): Promise<Record<string, Told>> {
  const { mode, registry, closed, bad } = given;
  const options: InstallerOptions = { mode, registry, retries: 0, cache: "none" };
  const installer = await createInstaller(options);
  const resolve = (input: ProjectInput, how?: ResolveOptions) => toldBy(() => installer.resolve(input, how));
  const told: Record<string, Told> = {
    "no such version": await resolve(project({ good: "^9.0.0" })),
    "no such package": await resolve(project({ nothing: "1" })),
    "peers that do not fit": await resolve(project({ good: "1", peers: "1" })),
    "no single version": await resolve(project({ good: "1", peers: "1" }), { strategy: "flat" }),
    "a git dependency": await resolve(project({ good: "git+https://git.example/good.git" })),
    "a package.json that is no JSON": await resolve({ files: { "package.json": "{" } }),
    "a lock that is no JSON": await toldBy(() => installer.install("{")),
    "a wrong tarball": await toldBy(() => installer.install(bad)),
    "an option that is none": await toldBy(() => createInstaller({ ...options, registry: "none" })),
  };
  installer.dispose();
  told["after dispose"] = await resolve(project({ good: "1" }));
  const away = await createInstaller({ ...options, registry: closed });
  told["a registry that is not there"] = await toldBy(() => away.resolve(project({ good: "1" })));
  away.dispose();
  const offline = await createInstaller({ ...options, cache: "offline" });
  told["offline without a cache"] = await toldBy(() => offline.resolve(project({ good: "1" })));
  offline.dispose();
  return told;
}

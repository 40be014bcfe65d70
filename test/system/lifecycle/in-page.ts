import "./probe.ts";
import type { Installer, InstallerOptions, ProjectInput, ResolveOptions } from "../../../src/api/resolve.ts";
import { createInstaller, InstallError } from "../../../web/index.ts";

/** The state of a promise returned by the library. */
export interface Fate {
  /** `pending`, `done`, `right` or `wrong` for a resolution, or the rejection: a code, or an error's name and message. */
  is: string;
  message?: string;
  /** Milliseconds since 1970. */
  at?: number;
  warnings?: string[];
}

/** 31 packages: p0 depends on p1 and p2, which depend on p3 to p6, and so on. */
const PACKAGE_JSON = JSON.stringify({ name: "project", dependencies: { p0: "^1.0.0" } });
const PROJECT: ProjectInput = { files: { "package.json": PACKAGE_JSON } };

const fates: Record<string, Fate> = {};
let options: InstallerOptions;

/** Checks whether a lock has all 31 packages, each once. */
function isRight(lock: string): boolean {
  const { packages } = JSON.parse(lock) as { packages: Record<string, { version: string }> };
  const ids = Object.entries(packages).map(([at, { version }]) => `${at}@${version}`);
  return (
    ids.length === 32 &&
    Array.from({ length: 31 }, (_, i) => `node_modules/p${i}@1.0.0`).every((id) => ids.includes(id))
  );
}

async function follow(name: string, work: () => Promise<unknown>): Promise<void> {
  fates[name] = { is: "pending" };
  let fate: Fate;
  try {
    const value = (await work()) as { files?: Record<string, string>; warnings?: { code: string }[] } | undefined;
    const lock = value?.files?.["package-lock.json"];
    fate = lock
      ? { is: isRight(lock) ? "right" : "wrong", warnings: value?.warnings?.map(({ code }) => code) ?? [] }
      : { is: "done" };
  } catch (error) {
    const { name, message } = error as Error;
    fate = { is: error instanceof InstallError ? error.code : `${name}: ${message}`, message };
  }
  fates[name] = { ...fate, at: performance.timeOrigin + performance.now() };
}

/** The actions of the tests in the page. */
export const life = {
  createInstaller,
  fates,
  stops: {} as Record<string, AbortController>,
  installer: undefined as unknown as Installer,
  /** Creates the installer that the following calls use. */
  async create(given: InstallerOptions): Promise<{ mode: string; modeReason: string }> {
    options = given;
    life.installer = await createInstaller(options);
    const { mode, modeReason } = life.installer;
    return { mode, modeReason };
  },
  /** Starts a resolution under a name. `stop` cancels it by that name. */
  resolve(name: string, given: ResolveOptions = {}, project: ProjectInput = PROJECT): void {
    const stop = new AbortController();
    life.stops[name] = stop;
    void follow(name, () => life.installer.resolve(project, { signal: stop.signal, ...given }));
  },
  /** Cancels a resolution. Returns the time. */
  stop(name: string): number {
    const at = life.now();
    life.stops[name]?.abort();
    return at;
  },
  dispose(): number {
    const at = life.now();
    life.installer.dispose();
    return at;
  },
  /** Resolves once all promises so far have settled. */
  async ended(): Promise<void> {
    while (Object.values(fates).some(({ is }) => is === "pending")) await life.frames(1);
  },
  async frames(count: number): Promise<void> {
    for (let frame = 0; frame < count; frame++) await new Promise((done) => void requestAnimationFrame(done));
  },
  follow(name: string, work: () => Promise<unknown>): void {
    void follow(name, work);
  },
  /** Terminates a worker without the library's knowledge. */
  terminate(role: string): number {
    (globalThis as unknown as { spawned: Map<string, Worker> }).spawned.get(role)?.terminate();
    return life.now();
  },
  /** Milliseconds since 1970. */
  now: (): number => performance.timeOrigin + performance.now(),
};

Object.assign(globalThis, { life });

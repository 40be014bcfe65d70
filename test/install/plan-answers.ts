import { dirname, relative } from "node:path";
import { InstallError } from "../../src/errors/failure.ts";
import type { InstallPlan, PlanOptions } from "../../src/install/plan.ts";
import { registryConfig } from "../../src/registry/registry-config.ts";
import { planFromLock } from "../support/plan-from-lock.ts";

/** A run of npm that npm-answers.mjs recorded. */
export interface Answer {
  options: { omit?: PlanOptions["omit"]; os?: string; cpu?: string; libc?: string };
  error?: string;
  /** Locations of packages below a `node_modules`. */
  folders: string[];
  /** Link paths and their targets. */
  links: Record<string, string>;
  hiddenLock: string | null;
}

/** The platform that npm ran on. */
export const LINUX = { os: "linux", cpu: "x64", libc: "glibc", node: "20.20.2", npm: "11.19.1" };

export function planLike({ omit, ...forced }: Answer["options"], lock: string): InstallPlan {
  const platform = { ...LINUX, ...forced };
  return planFromLock(lock, { omit, platform, running: LINUX, registry: registryConfig({}) });
}

/** Lists a plan as a disk would have it, without commands whose file is missing, because a plan cannot know that. */
export function shown({ packages, bundled, links }: InstallPlan): Pick<Answer, "folders" | "links"> {
  const present = links.filter(({ to }) => !to.includes("missing"));
  return {
    folders: [...packages, ...bundled].map(({ location }) => location).sort(),
    links: Object.fromEntries(present.map(({ path, to }) => [path, relative(dirname(path), to)])),
  };
}

export function codeOf(work: () => unknown): string {
  try {
    work();
    return "";
  } catch (error) {
    if (error instanceof InstallError) return error.code;
    throw error;
  }
}

/** Writes a lock of version 3 with the given entries. */
export function lockOf(packages: Record<string, unknown>, root: Record<string, unknown> = {}): string {
  return JSON.stringify({ name: "p", lockfileVersion: 3, requires: true, packages: { "": root, ...packages } });
}
